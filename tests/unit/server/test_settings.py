from __future__ import annotations

import re
from pathlib import Path

import pydantic
import pytest
from pydantic import SecretStr
from sqlflow_server.settings import Settings, is_loopback

ROOT = Path(__file__).resolve().parents[3]


def test_every_setting_is_documented_with_its_default():
    rows = re.findall(
        r"^\| `SQLFLOW_([A-Z_]+)` \| `?([^|`]*)`? \|",
        (ROOT / "docs/server.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    documented = {name.lower(): default.strip() for name, default in rows}
    defaults = {name: field.get_default() for name, field in Settings.model_fields.items()}

    assert documented.keys() == defaults.keys()
    for name, default in defaults.items():
        if isinstance(default, int | float | str) and not isinstance(default, bool):
            assert documented[name] == (
                f"{default:g}" if isinstance(default, float) else str(default)
            )


def test_settings_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SQLFLOW_STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("SQLFLOW_PARALLELISM", "7")

    assert (Settings().state_directory, Settings().parallelism) == (tmp_path, 7)


def test_the_state_directory_follows_xdg(monkeypatch, tmp_path):
    monkeypatch.delenv("SQLFLOW_STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    assert Settings().state_directory == tmp_path / "sqlflow"


@pytest.mark.parametrize("address", ["0.0.0.0:1", "192.168.1.1:1", "[::]:1", "example.org:1"])
def test_an_address_that_others_reach_is_refused_unless_asked_for(address):
    with pytest.raises(pydantic.ValidationError, match="can be reached from other machines"):
        Settings(listen=address)

    assert Settings(listen=address, insecure_listen=True).listen == address


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:50051", "[::1]:9", "127.8.9.1:1"])
def test_a_loopback_address_is_served_at(address):
    assert is_loopback(Settings(listen=address).listen)


@pytest.mark.parametrize("address", ["localhost", ":80", "127.0.0.1:x", "127.0.0.1:70000"])
def test_an_address_needs_a_host_and_a_port(address):
    with pytest.raises(pydantic.ValidationError, match="expected HOST:PORT"):
        Settings(listen=address)


def test_the_default_data_source_is_not_shown():
    assert "hunter2" not in repr(Settings(data_source=SecretStr("mysql://u:hunter2@h/d")))


def test_an_address_that_others_reach_is_served_at_where_callers_are_known(tmp_path):
    login = Settings(auth="kubernetes", job_runner="kubernetes", listen="0.0.0.0:1")
    files = {"tls_certificate": tmp_path / "c", "tls_key": tmp_path / "k"}
    mutual = Settings(**files, tls_client_ca=tmp_path / "ca", listen="0.0.0.0:1")

    assert login.listen == mutual.listen == "0.0.0.0:1"
    with pytest.raises(pydantic.ValidationError, match="can be reached from other machines"):
        Settings(**files, listen="0.0.0.0:1")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"tls_certificate": "c"}, "SQLFLOW_TLS_CERTIFICATE and SQLFLOW_TLS_KEY are set together"),
        ({"tls_key": "k"}, "SQLFLOW_TLS_CERTIFICATE and SQLFLOW_TLS_KEY are set together"),
        ({"tls_client_ca": "ca"}, "SQLFLOW_TLS_CLIENT_CA needs SQLFLOW_TLS_CERTIFICATE"),
        ({"auth": "kubernetes"}, "SQLFLOW_AUTH=kubernetes needs SQLFLOW_JOB_RUNNER=kubernetes"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(fields, text):
    with pytest.raises(pydantic.ValidationError, match=text):
        Settings(**fields)
