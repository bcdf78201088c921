"""Names, Services and what is out of reach, as a program in a pod sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cluster.support.clusters import Cluster
    from tests.cluster.support.playground import Playground

SERVE_ONE_WORD = """
import socketserver
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"reached")
with socketserver.TCPServer(("", 8000), Handler) as server:
    print("listening")
    server.serve_forever()
"""

ASK = """
import socket
with socket.create_connection(({host!r}, 8000), timeout=10) as connection:
    print(connection.recv(100).decode())
"""

RESOLVE = """
import socket
for name in {names!r}:
    print(name, sorted({{it[4][0] for it in socket.getaddrinfo(name, 443, socket.AF_INET)}}))
"""

RESOLVE_OUTSIDE = """
import socket, time
started = time.monotonic()
try:
    print(socket.getaddrinfo("example.org", 443))
except socket.gaierror as error:
    print(error.errno == socket.EAI_NONAME, time.monotonic() - started < 5)
"""

CONNECT_OUTSIDE = """
import errno, socket
try:
    socket.create_connection(("192.0.2.1", 443), timeout=5)
except OSError as error:
    print(errno.errorcode.get(error.errno, error))
"""


async def test_services_have_names(cluster: Cluster, namespace: Playground) -> None:
    names = ["kubernetes.default", "kubernetes.default.svc.cluster.local"]

    output = await namespace.run(cluster.images["base"], RESOLVE.format(names=names))

    assert output.splitlines() == [f"{name} ['10.96.0.1']" for name in names]


async def test_a_service_leads_to_a_pod_in_another_namespace(
    cluster: Cluster, namespace: Playground, playground: Callable[[], Playground]
) -> None:
    other = playground()
    labels = {"app": "words"}
    await other.create_service("words", port=8000, labels=labels)
    await other.start(cluster.images["base"], SERVE_ONE_WORD, name="words", labels=labels)
    async with other.following("words") as lines:
        assert await lines.readline() == b"listening\n"

    host = f"words.{other.name}.svc.cluster.local"
    output = await namespace.run(cluster.images["base"], ASK.format(host=host))

    assert output == "reached\n"


@pytest.mark.node_flavour
async def test_a_name_outside_the_cluster_fails_at_once(
    cluster: Cluster, namespace: Playground
) -> None:
    output = await namespace.run(cluster.images["base"], RESOLVE_OUTSIDE)

    assert output == "True True\n"


@pytest.mark.node_flavour
async def test_an_address_outside_the_cluster_fails_at_once(
    cluster: Cluster, namespace: Playground
) -> None:
    output = await namespace.run(cluster.images["base"], CONNECT_OUTSIDE)

    assert output == "ENETUNREACH\n"
