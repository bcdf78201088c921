"""The objects that tests create, as data: what a namespace with Pod Security `restricted` takes."""

from __future__ import annotations

import json
from typing import Any, Final

USER: Final = 8737
STEP_ACCOUNT: Final = "sqlflow-step"
SHUT: Final = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
ACCOUNT: Final = {
    "runAsNonRoot": True,
    "runAsUser": USER,
    "runAsGroup": USER,
    "fsGroup": USER,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_TMP: Final = {"name": "tmp", "emptyDir": {}}
_TMP_MOUNT: Final = {"name": "tmp", "mountPath": "/tmp"}

# Argo's own containers, and they alone, get a token, which the kubelet renews.
_TOKEN: Final = {
    "name": "argo-token",
    "projected": {
        "sources": [
            {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
            {
                "configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }
            },
            {
                "downwardAPI": {
                    "items": [
                        {
                            "path": "namespace",
                            "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                        }
                    ]
                }
            },
        ]
    },
}
_EXECUTOR: Final = {
    "securityContext": SHUT,
    "volumeMounts": [
        {
            "name": "argo-token",
            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            "readOnly": True,
        }
    ],
}
EXECUTORS: Final = {
    "volumes": [_TOKEN],
    "initContainers": [{"name": "init", **_EXECUTOR}],
    "containers": [{"name": "wait", **_EXECUTOR}],
}


def namespace(name: str) -> list[dict[str, Any]]:
    """A namespace for jobs: restricted, with an account that Argo's executor may report as."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": name,
                "labels": {
                    "pod-security.kubernetes.io/enforce": "restricted",
                    "sqlflow.org/made-by": "tests",
                },
            },
        },
        account(STEP_ACCOUNT, name),
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": STEP_ACCOUNT, "namespace": name},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "workflow-executor",
            },
            "subjects": [{"kind": "ServiceAccount", "name": STEP_ACCOUNT, "namespace": name}],
        },
    ]


def account(name: str, namespace: str) -> dict[str, Any]:
    """A service account whose token no pod gets by itself."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace},
        "automountServiceAccountToken": False,
    }


def pod(
    name: str, image: str, program: str, *, secret: str = "", labels: dict[str, str] | None = None
) -> dict[str, Any]:
    """A pod that runs a Python program once.

    Args:
        secret: the name of a Secret that is mounted at ``/secret``.
    """
    container = _container(image, program)
    volumes: list[dict[str, Any]] = [_TMP]
    if secret:
        volumes.append({"name": "secret", "secret": {"secretName": secret}})
        container["volumeMounts"].append(
            {"name": "secret", "mountPath": "/secret", "readOnly": True}
        )
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 5,
            "securityContext": ACCOUNT,
            "containers": [{"name": "main", **container}],
            "volumes": volumes,
        },
    }


def service(name: str, *, port: int, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": labels, "ports": [{"port": port}]},
    }


def secret(name: str, values: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "stringData": values,
    }


def workflow(name: str, image: str, programs: dict[str, str]) -> dict[str, Any]:
    """An Argo Workflow: a chain of steps by their names, each a Python program."""
    templates = [
        {"name": step, "container": _container(image, program)}
        for step, program in programs.items()
    ]
    return chain(name, templates, volumes=[_TMP])


def chain(name: str, templates: list[dict[str, Any]], **spec: Any) -> dict[str, Any]:
    """An Argo Workflow of these templates, one after the other.

    Args:
        spec: what its specification says besides, or says otherwise.
    """
    steps = [template["name"] for template in templates]
    tasks = [
        {"name": step, "template": step} | ({"depends": before} if before else {})
        for before, step in zip(["", *steps], steps, strict=False)
    ]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {
            "entrypoint": "program",
            "serviceAccountName": STEP_ACCOUNT,
            "securityContext": ACCOUNT,
            "podSpecPatch": json.dumps(EXECUTORS),
            "templates": [{"name": "program", "dag": {"tasks": tasks}}, *templates],
            **spec,
        },
    }


def _container(image: str, program: str) -> dict[str, Any]:
    return {
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-u", "-c", program],
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}},
        "securityContext": SHUT,
        "volumeMounts": [_TMP_MOUNT],
    }
