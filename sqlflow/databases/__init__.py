"""Data sources: where a statement runs, and how its rows come and go.

::

    dsn = DSN.parse("duckdb:///iris.duckdb", directory=Path.cwd())
    with connect(dsn) as connection:
        result = connection.execute("SELECT * FROM iris")
        for rows in result.batches():
            ...

Each engine is a module: DuckDB, SQLite, MySQL (and MariaDB), PostgreSQL. A driver is imported when
its engine is connected to, and nothing else with it: a statement that only moves rows loads no
numpy, pandas or pyarrow.
"""

from sqlflow.databases.connecting import connect
from sqlflow.databases.connections import Connection
from sqlflow.databases.dsns import DSN
from sqlflow.databases.results import Result

__all__ = ["DSN", "Connection", "Result", "connect"]
