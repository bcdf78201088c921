import subprocess
import sys

import pytest

SCRIPT = """
import sys
sys.modules[{module!r}] = None
from sqlflow.databases import DSN, connect
from sqlflow.errors import DataSourceError
try:
    connect(DSN.parse({dsn!r}))
except DataSourceError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("dsn", "dialect", "module", "extra"),
    [
        ("duckdb:////tmp/x.duckdb", "duckdb", "duckdb", "local"),
        ("mysql://u:secret@h/db", "mysql", "pymysql", "mysql"),
        ("postgresql://u:secret@h/db", "postgres", "psycopg", "postgres"),
    ],
)
def test_a_missing_driver_names_its_extra(dsn, dialect, module, extra):
    script = SCRIPT.format(module=module, dsn=dsn)

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == (
        f"the driver for {dialect} is not installed (no module '{module}'); "
        f'pip install "sqlflow-argo[{extra}]"\n'
    )


def test_the_package_imports_no_driver():
    script = (
        "import sys, sqlflow.databases\n"
        "print(sorted({'duckdb', 'sqlite3', 'pymysql', 'psycopg', 'pyarrow'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
