"""The databases in the cluster are reached from a step's image, by a DSN from a mounted Secret."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground

QUERY = """
from pathlib import Path
from sqlflow.databases import DSN, connect

dsn = DSN.parse(Path("/secret/dsn").read_text(), directory=Path("/tmp"))
with connect(dsn) as connection:
    result = connection.execute("SELECT 6 * 7, 'caf\\u00e9' AS word")
    for rows in result.batches():
        print(ascii(list(rows)))
"""


@pytest.mark.parametrize(("scheme", "host"), [("mysql", "mariadb"), ("postgresql", "postgresql")])
async def test_a_query_from_a_steps_image(
    scheme: str, host: str, cluster: Cluster, namespace: Playground
) -> None:
    password = cluster.database_password()
    dsn = f"{scheme}://sqlflow:{quote(password, safe='')}@{host}.databases/sqlflow"
    await namespace.create_secret("data", {"dsn": dsn})

    output = await namespace.run(cluster.images["step"], QUERY, secret="data")

    assert output == "[(42, 'caf\\xe9')]\n"
