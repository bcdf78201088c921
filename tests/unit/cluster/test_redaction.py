"""What a failed cluster test prints holds no secret."""

from __future__ import annotations

import base64

import pytest

from tests.cluster.support.redaction import Redactor

NONE = Redactor(())


def secret(**values: str) -> dict[str, object]:
    data = {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}
    return {"kind": "Secret", "metadata": {"name": "s"}, "data": data}


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("mysql://u:hunter2@h:3306/db", "mysql://u:[redacted]@h:3306/db"),
        ("postgresql://u:p@ss@h/db: refused", "postgresql://u:[redacted]@h/db: refused"),
        ('dsn="mysql://u:a:b/c@h/db"', 'dsn="mysql://u:[redacted]@h/db"'),
        ("mysql://:hunter2@h/db", "mysql://:[redacted]@h/db"),
        ("https://sqlflow.org/a@b", "https://sqlflow.org/a@b"),
        ("https://127.0.0.1:6443/readyz", "https://127.0.0.1:6443/readyz"),
    ],
)
def test_the_password_of_a_dsn_is_redacted(text: str, redacted: str) -> None:
    assert NONE.text(text) == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("host=h password=hunter2 dbname=d", "host=h password=[redacted] dbname=d"),
        ("password='hunter 2' dbname=d", "password=[redacted] dbname=d"),
        ('{"password": "hunter2", "user": "u"}', '{"password": [redacted], "user": "u"}'),
        ("MARIADB_PASSWORD=hunter2", "MARIADB_PASSWORD=[redacted]"),
        ("id_token: abc.def", "id_token: [redacted]"),
        ("automountServiceAccountToken: false", "automountServiceAccountToken: false"),
        ("serviceAccountToken:\n  path: token\n", "serviceAccountToken:\n  path: token\n"),
        ("password authentication failed for user u", "password authentication failed for user u"),
    ],
)
def test_what_is_set_under_the_name_of_a_secret_is_redacted(text: str, redacted: str) -> None:
    assert NONE.text(text) == redacted


def test_what_a_secret_holds_is_redacted_wherever_it_appears() -> None:
    redactor = Redactor.of([secret(key="correct horse\nbattery staple")])

    assert redactor.text("log: battery staple!") == "log: [redacted]!"
    assert redactor.text("log: correct horse") == "log: [redacted]"


def test_a_password_inside_a_secrets_dsn_is_redacted_also_decoded_and_as_base64() -> None:
    redactor = Redactor.of([secret(dsn="mysql://u:p%40ssword@h/db")])
    encoded = base64.b64encode(b"mysql://u:p%40ssword@h/db").decode()

    text = redactor.text(f"p%40ssword, p@ssword, {encoded}")

    assert text == "[redacted], [redacted], [redacted]"


def test_short_values_of_secrets_do_not_tear_words_apart() -> None:
    assert Redactor.of([secret(flag="on")]).text("connection") == "connection"


def test_a_secret_keeps_its_keys_and_loses_its_values() -> None:
    given = {**secret(dsn="mysql://u:hunter2@h/db"), "stringData": {"dsn": "hunter2"}}

    assert NONE.object(given) == {
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"dsn": "[redacted]"},
    }


def test_a_variable_whose_name_says_secret_loses_its_value() -> None:
    env = [{"name": "SQLFLOW_DSN", "value": "hunter2"}, {"name": "HOME", "value": "/"}]

    assert NONE.object({"env": env}) == {
        "env": [{"name": "SQLFLOW_DSN", "value": "[redacted]"}, {"name": "HOME", "value": "/"}]
    }


def test_texts_anywhere_in_an_object_are_redacted() -> None:
    pod = {"spec": {"containers": [{"args": ["--dsn", "mysql://u:hunter2@h/db"], "ports": [80]}]}}

    assert NONE.object(pod) == {
        "spec": {"containers": [{"args": ["--dsn", "mysql://u:[redacted]@h/db"], "ports": [80]}]}
    }


def test_managed_fields_are_left_out() -> None:
    assert NONE.object({"metadata": {"name": "n", "managedFields": [{}]}}) == {
        "metadata": {"name": "n"}
    }
