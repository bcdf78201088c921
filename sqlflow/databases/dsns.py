"""DSNs: one line of text that says which data source, and as whom.

::

    duckdb:///iris.duckdb                              a file, relative to the caller's directory
    sqlite:////var/lib/iris.db                         an absolute name: four slashes
    mysql://user:password@host:3306/db?charset=utf8mb4
    postgresql://user:password@host/db?sslmode=require
    mysql://user:password@tcp(host:3306)/db            the form of 2020: the password as it is

Options, after a ``?``:

===========  =====================================================================================
duckdb       ``read_only``, ``threads``, ``memory_limit``; ``lock_timeout``: seconds to wait for
             another program that holds the file (30)
sqlite       ``read_only``; ``timeout``: seconds to wait for another writer (30)
mysql        ``charset`` (utf8mb4), ``connect_timeout`` (10), ``read_timeout``, ``write_timeout``
             (none), ``tls`` (preferred, true, skip-verify, false), ``ssl_ca``; those of the Go
             driver in the form of 2020
postgresql   ``connect_timeout`` (10), ``application_name``, ``options``, ``target_session_attrs``,
             ``sslmode``, ``sslrootcert``, ``sslcert``, ``sslkey``, as libpq has them
===========  =====================================================================================

In all but the last form, characters with a meaning of their own are percent-encoded (``@`` is
``%40``). The text is taken apart by hand, since the standard library's parser quotes the password
in some of its errors; here no error repeats any part of the text but scheme and option names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from sqlflow.errors import DataSourceError
from sqlflow.plan import dialects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DIALECTS = {
    scheme: dialect
    for scheme, dialect in dialects.DIALECTS.items()
    if dialect not in dialects.PLANNED_ONLY
}
_SCHEMES = {"duckdb": "duckdb", "sqlite": "sqlite", "mysql": "mysql", "postgres": "postgresql"}
_FILES = frozenset({"duckdb", "sqlite"})
_SHORT = 4
"""Characters from which on a password is unlikely to be a part of ordinary words."""
_PORTS = {"mysql": 3306, "postgres": 5432}

OPTIONS: Mapping[str, frozenset[str]] = {
    "duckdb": frozenset({"read_only", "threads", "memory_limit", "lock_timeout"}),
    "sqlite": frozenset({"read_only", "timeout"}),
    "mysql": frozenset(
        {"charset", "connect_timeout", "read_timeout", "write_timeout", "tls", "ssl_ca"}
        # Those of the 2020 form (the Go driver's); the ones without a meaning here are accepted.
        | {"timeout", "readTimeout", "writeTimeout", "maxAllowedPacket", "parseTime", "loc"}
    ),
    "postgres": frozenset(
        {"application_name", "connect_timeout", "options", "target_session_attrs"}
        | {"sslmode", "sslrootcert", "sslcert", "sslkey"}
    ),
}
"""The options that each dialect knows."""

_GO_FORM = re.compile(r"(?:(?P<login>.*)@)?tcp\((?P<address>[^()]*)\)(?P<rest>[/?].*)?", re.DOTALL)

_NO_ADDRESS = (
    "the address in {}://… is not HOST or HOST:PORT; reserved characters in user and password are "
    "percent-encoded ('@' is %40, '/' is %2F, ':' is %3A, '?' is %3F)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DSN:
    """A data source. Its ``str`` and ``repr`` show all but the password.

    Attributes:
        dialect: ``duckdb``, ``sqlite``, ``mysql`` or ``postgres``.
        path: the file of an embedded database, absolute if a directory was given.
        options: what stood after the ``?``; only names of :data:`OPTIONS`.
    """

    dialect: str
    path: Path | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: int = 0
    database: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, *, directory: Path | None = None) -> DSN:
        """Read a DSN.

        Args:
            text: one of the forms above; surrounding white space is dropped.
            directory: what a relative file name is relative to; left relative if None.

        Raises:
            DataSourceError: says what is wrong, without the text.
        """
        scheme, separator, rest = text.strip().partition("://")
        if not separator:
            raise DataSourceError(
                "a data source is written as SCHEME://…, such as duckdb:///iris.duckdb; "
                "found no '://'"
            )
        dialect = _DIALECTS.get(scheme.lower())
        if dialect is None:
            raise DataSourceError(_unknown("scheme", scheme, sorted(_SCHEMES.values())))
        if dialect in _FILES:
            return _parse_file(dialect, rest, directory)
        return _parse_server(dialect, rest)

    def redact(self, text: str) -> str:
        """Return ``text`` with the password, wherever it stands, as ``***``."""
        for secret in {self.password, quote(self.password, safe="")} - {""}:
            pattern = re.escape(secret)
            if len(secret) < _SHORT:  # within words, that would garble every text and give it away
                pattern = rf"(?<!\w){pattern}(?!\w)"
            text = re.sub(pattern, "***", text)
        return text

    def __str__(self) -> str:
        options = "&".join(f"{k}={quote(v, safe='/:,')}" for k, v in self.options.items())
        return f"{_SCHEMES[self.dialect]}://{self._place()}{'?' if options else ''}{options}"

    def __repr__(self) -> str:
        return f"<DSN {self}>"

    def _place(self) -> str:
        if self.path is not None:
            return f"/{quote(str(self.path))}"
        login = quote(self.user, safe="") + (":***" if self.password else "")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{login}{'@' if login else ''}{host}:{self.port}/{quote(self.database)}"


def _parse_file(dialect: str, rest: str, directory: Path | None) -> DSN:
    location, _, query = rest.partition("?")
    name = unquote(location.removeprefix("/"))
    if name in {"", ":memory:"}:
        raise DataSourceError(
            f"{dialect}:// names no file, and a database in memory would be empty for each "
            f"statement, since each runs in a process of its own; write {dialect}:///FILE"
        )
    if not location.startswith("/"):
        raise DataSourceError(
            f"after {dialect}:// a third slash stands before the file name: {dialect}:///FILE, "
            "or a fourth for an absolute name"
        )
    if "\0" in name:
        raise DataSourceError(f"the file name in {dialect}:/// holds a NUL character")
    path = Path(name)
    if directory is not None:
        path = directory.absolute() / path
    return DSN(dialect=dialect, path=path, options=_parse_options(dialect, query))


def _parse_server(dialect: str, rest: str) -> DSN:
    go_form = _GO_FORM.fullmatch(rest) if dialect == "mysql" else None
    if go_form is not None:
        user, _, password = (go_form["login"] or "").partition(":")
        address, rest = go_form["address"], go_form["rest"] or ""
    else:
        authority = re.split("[/?]", rest, maxsplit=1)[0]
        login, _, address = authority.rpartition("@")
        user, password = (unquote(part) for part in (login.partition(":")[0::2]))
        rest = rest[len(authority) :]
        if "@" in rest:
            # What stands before it is then no address but the first part of a password.
            raise DataSourceError(_NO_ADDRESS.format(_SCHEMES[dialect]))
    location, _, query = rest.partition("?")
    host, port = _parse_address(dialect, address)
    return DSN(
        dialect=dialect,
        user=user,
        password=password,
        host=host,
        port=port,
        database=unquote(location.removeprefix("/")),
        options=_parse_options(dialect, query),
    )


def _parse_address(dialect: str, address: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:\[([^\[\]]+)\]|([^:\[\]]*))(?::(.*))?", address, re.DOTALL)
    port = (match[3] or str(_PORTS[dialect])) if match else ""
    if match is None or not (port.isascii() and port.isdigit() and 0 < int(port) < 2**16):
        raise DataSourceError(_NO_ADDRESS.format(_SCHEMES[dialect]))
    return match[1] or match[2] or "localhost", int(port)


def _parse_options(dialect: str, query: str) -> Mapping[str, str]:
    options = {}
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        name = unquote(name)
        if not equals or name not in OPTIONS[dialect]:
            raise DataSourceError(_unknown(f"{dialect} option", name, sorted(OPTIONS[dialect])))
        options[name] = unquote(value)
    return MappingProxyType(options)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    known = list(known)
    # Longer than any name: it may be part of a password that was not encoded.
    shown = f" {name!r}" if re.fullmatch(r"[A-Za-z][\w+.-]{0,30}", name) else ""
    text = f"unknown {what}{shown}; known are {', '.join(known)}"
    import difflib  # for this fault alone: a step that starts well has no use for it

    close = difflib.get_close_matches(name, known, n=1)
    return f"{text}; did you mean {close[0]!r}?" if close else text
