from __future__ import annotations

import http.server
import socket
import threading

import pytest

from devcluster.node.request import get


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz?verbose" else 500)
        self.end_headers()
        self.wfile.write(b"[-]etcd failed\n" + b"x" * 5000)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_path_and_query_are_asked_for(address):
    assert get(url=f"{address}/readyz?verbose")["status"] == 200


def test_the_first_of_a_body_says_what_is_wrong(address):
    answer = get(url=f"{address}/other")

    assert answer["status"] == 500
    assert str(answer["body"]).startswith("[-]etcd failed\n")
    assert len(str(answer["body"])) == 4096


def test_what_does_not_listen_has_status_0_and_a_reason():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = get(url=f"http://127.0.0.1:{port}/")

    assert answer["status"] == 0
    assert "Connection refused" in str(answer["body"])


def test_a_unix_socket_is_healthy_when_somebody_listens(tmp_path_factory):
    path = tmp_path_factory.mktemp("s") / "sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert get(url=f"unix://{path}")["status"] == 0
        server.listen()
        assert get(url=f"unix://{path}")["status"] == 200
