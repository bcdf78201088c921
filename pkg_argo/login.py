"""How operator and server log in to a cluster: as a pod does, or as kubectl does."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies_environment

import yaml
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from pkg_argo.kube_api import ApiKube
from pkg_argo.kube_errors import LoginError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pkg_argo.kube import Kube

_DEFAULT: Final = "~/.kube/config"
_CONNECTIONS: Final = 100


@contextlib.asynccontextmanager
async def connect() -> AsyncIterator[Kube]:
    """Log in, and give the API server.

    Raises:
        LoginError: there is no login, or it can't be read.
    """
    async with login() as client:
        yield ApiKube(client)


@contextlib.asynccontextmanager
async def login(*, connections: int = _CONNECTIONS) -> AsyncIterator[ApiClient]:
    """Log in as the pod's service account, or as KUBECONFIG says, and give a client.

    Args:
        connections: how many there may be at once. Each stream takes one for as long as it lasts.

    Raises:
        LoginError: there is no login, or it can't be read.
    """
    files = _files()
    where = f"kubeconfig {files}" if files else "the service account of the pod"
    try:
        configuration = await _configuration(files)
    except yaml.YAMLError:  # Whose text may quote the file, in which there are secrets.
        raise LoginError(f"{where} is not YAML") from None
    except (ConfigException, OSError) as error:
        raise LoginError(f"{where} can't be used: {error}") from error
    configuration.connection_pool_maxsize = connections
    # Else each request has a thread look for proxies and in ~/.netrc, a fifth of what it costs.
    configuration.client_session_kwargs = {"trust_env": bool(getproxies_environment())}
    async with ApiClient(configuration) as client:
        yield client


def _files() -> str:
    """Return the kubeconfigs, or nothing within a pod that is told of none."""
    files = os.environ.get("KUBECONFIG", "")
    if os.environ.get("KUBERNETES_SERVICE_HOST") and not files:
        return ""
    files = files or _DEFAULT
    if not any(Path(file).expanduser().is_file() for file in files.split(os.pathsep)):
        raise LoginError(f"there is no kubeconfig {files}")
    return files


async def _configuration(files: str) -> Configuration:
    configuration = Configuration()
    if not files:
        load_incluster_config(configuration)  # type: ignore[no-untyped-call]
    else:
        await load_kube_config(files, client_configuration=configuration)  # type: ignore[no-untyped-call]
    return configuration
