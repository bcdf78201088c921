"""scikit-learn's objects as skops files, without pickle.

A skops file is a zip of JSON and arrays. Reading one builds only types that are trusted: those
that skops trusts itself, and :data:`TRUSTED`, each of which was looked at: it is a plain holder of
numbers that scikit-learn makes while it fits, and building one runs no code of the file's choice.
"""

from __future__ import annotations

from typing import Any

import skops.io
from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

from sqlflow.errors import ModelError

TRUSTED = (
    "numpy.dtype",
    "sklearn._loss.loss.HalfGammaLoss",
    "sklearn._loss.loss.HalfPoissonLoss",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn._loss.loss.HalfTweedieLoss",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.cluster._kmeans._kmeans_single_elkan",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._dist_metrics.ManhattanDistance64",
    "sklearn.metrics._dist_metrics.MinkowskiDistance64",
    "sklearn.metrics._dist_metrics.ChebyshevDistance64",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
)


def dump(value: Any) -> bytes:
    """Return the file of an object.

    Raises:
        ModelError: the object holds something that can't be saved, or not read again.
    """
    try:
        payload: bytes = skops.io.dumps(value)
    except UnsupportedTypeException as error:
        raise ModelError(f"it can't be saved without pickle: {error}") from error
    untrusted = set(skops.io.get_untrusted_types(data=payload)) - set(TRUSTED)
    if untrusted:
        raise ModelError(f"it can't be saved: it holds {', '.join(sorted(untrusted))}")
    return payload


def load(payload: bytes) -> Any:
    """Read a file.

    Raises:
        ModelError: it holds a type that is not trusted.
    """
    try:
        return skops.io.loads(payload, trusted=list(TRUSTED))
    except UntrustedTypesFoundException as error:
        raise ModelError(f"the saved model holds something that is not trusted: {error}") from error
