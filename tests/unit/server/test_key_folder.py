"""Token keys in a folder that is replaced as the kubelet replaces a mounted Secret."""

from __future__ import annotations

import pytest
from sqlflow_server.keys import KeyFolder

from sqlflow.errors import TokenExpiredError, UserError
from sqlflow.transcript import Position

OLD, NEW = b"o" * 32, b"n" * 32


def mount(folder, version, **keys):
    """Replace all files at once, by the link that the kubelet swaps."""
    data = folder / f"..{version}"
    data.mkdir(parents=True)
    for name, content in keys.items():
        (data / name).write_bytes(content)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    link = folder / f"..tmp{version}"
    link.symlink_to(data.name)
    link.replace(folder / "..data")
    for file in folder.iterdir():
        if not file.name.startswith("..") and not file.exists():
            file.unlink()


@pytest.fixture
def folder(tmp_path):
    mount(tmp_path / "keys", "v1", k1=OLD)
    return tmp_path / "keys"


def test_a_token_is_valid_for_who_has_the_same_folder(folder):
    token = KeyFolder(folder).sign("j", Position(step=2))
    assert KeyFolder(folder).verify(token) == ("j", Position(step=2))


def test_after_a_key_is_added_tokens_of_the_old_one_are_believed(folder):
    keys = KeyFolder(folder)
    token = keys.sign("j", Position())
    mount(folder, "v2", k1=OLD, k2=NEW)
    assert keys.verify(token) == ("j", Position())
    assert keys.sign("j", Position()) != token


def test_after_a_key_is_removed_its_tokens_are_expired(folder):
    keys = KeyFolder(folder)
    token = keys.sign("j", Position())
    mount(folder, "v2", k2=NEW)
    with pytest.raises(TokenExpiredError):
        keys.verify(token)


def test_a_folder_that_becomes_unusable_leaves_the_keys_as_they_were(folder):
    keys = KeyFolder(folder)
    token = keys.sign("j", Position())
    mount(folder, "v2", k1=b"short")
    assert keys.verify(token) == ("j", Position())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, "a key ring needs at least one key"),
        ({"k1": b"short"}, "a key has at least 16 bytes"),
    ],
)
def test_a_folder_without_a_usable_key_is_refused(tmp_path, content, expected):
    mount(tmp_path / "keys", "v1", **content)
    with pytest.raises(UserError, match=expected):
        KeyFolder(tmp_path / "keys")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="keys can't be read: No such file or directory"):
        KeyFolder(tmp_path / "keys")
