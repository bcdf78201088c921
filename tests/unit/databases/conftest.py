"""The servers for tests of data sources."""

from tests.servers import mariadb, postgres

__all__ = ["mariadb", "postgres"]
