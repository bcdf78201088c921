"""What is wrong with a login is told without what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pkg_argo.kube_errors import LoginError
from pkg_argo.login import connect

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: me, user: {token: secret-token}}]
contexts: [{name: one, context: {cluster: here, user: me}}]
"""


async def problem(monkeypatch: pytest.MonkeyPatch, file: Path) -> str:
    monkeypatch.setenv("KUBECONFIG", str(file))
    with pytest.raises(LoginError) as refused:
        async with connect():
            pass
    return str(refused.value)


async def test_a_file_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "absent"

    assert await problem(monkeypatch, file) == f"there is no kubeconfig {file}"
    assert caplog.messages == []


async def test_a_file_that_is_not_yaml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("token: [secret-token")

    assert await problem(monkeypatch, file) == f"kubeconfig {file} is not YAML"


@pytest.mark.parametrize("context", ["", "current-context: two"])
async def test_a_file_without_its_context(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, context: str
) -> None:
    file = tmp_path / "config"
    file.write_text(CONFIG + context)

    told = await problem(monkeypatch, file)

    assert told.startswith(f"kubeconfig {file} can't be used: Invalid kube-config file.")
    assert "secret-token" not in told


async def test_a_pod_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")

    with pytest.raises(LoginError, match=r"^the service account of the pod can't be used: Service"):
        async with connect():
            pass
