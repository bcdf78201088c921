"""What a client shows, and to whom. No server is needed."""

import pytest

from sqlflow.client import Client
from sqlflow.client.logins import Login
from sqlflow.errors import UserError

TOKEN = "hunter2"


def test_the_environment_says_who_one_is():
    login = Login.of_environment(
        {"SQLFLOW_CA": "ca.pem", "SQLFLOW_TOKEN": TOKEN, "SQLFLOW_INSECURE_TOKEN": "true"}
    )

    assert login == Login(ca="ca.pem", token=TOKEN, insecure_token=True)


def test_a_token_file_that_is_given_goes_before_the_environment():
    login = Login.of_environment({"SQLFLOW_TOKEN": "other"}, token_file="file")

    assert login == Login(token_file="file")


def test_a_token_in_the_clear_goes_to_this_machine_only():
    login = Login(token=TOKEN)
    login.check("127.0.0.1:1")
    with pytest.raises(UserError, match=r"the token would go to example\.org:1 without TLS"):
        Client("example.org:1", login=login)


@pytest.mark.parametrize("more", [{"ca": "system"}, {"insecure_token": True}])
def test_a_token_goes_elsewhere_by_tls_or_when_asked_for(more):
    Login(token=TOKEN, **more).check("example.org:1")


def test_a_token_is_sent_as_a_bearer_token():
    assert Login(token=TOKEN).metadata() == (("authorization", f"Bearer {TOKEN}"),)


def test_a_token_file_is_read_for_each_call(tmp_path):
    file = tmp_path / "token"
    login, sent = Login(token_file=str(file)), []
    for token in ("first\n", "second\n"):
        file.write_text(token, encoding="utf-8")
        sent.append(login.metadata())

    assert sent == [(("authorization", f"Bearer {it}"),) for it in ("first", "second")]


def test_nothing_is_sent_where_there_is_no_token():
    assert Login().metadata() == ()


@pytest.mark.parametrize("token", ["hunter2 x", "hunter2\nx: y", "hünter2"])
def test_a_token_that_can_not_be_one_is_refused_and_not_shown(token):
    with pytest.raises(UserError) as caught:
        Login(token=token).metadata()

    assert str(caught.value) == "the token holds characters that no token has"


def test_a_token_is_not_shown():
    assert TOKEN not in repr(Login(token=TOKEN))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"the CA file .*/none can't be read: No such file"):
        Client("127.0.0.1:1", login=Login(ca=str(tmp_path / "none")))


def test_a_certificate_without_tls_is_refused():
    with pytest.raises(UserError, match="name the server's CA too"):
        Login(certificate="c", key="k").credentials()
