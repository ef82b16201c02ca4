"""What jobs ordinarily do with libraries is no reason to put anything of them back."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.integration import ordinary


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET  # noqa: N815 (as its base calls them)

    def log_message(self, *_: Any) -> None:
        pass


class Mail(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        is_text = False
        with suppress(ConnectionError):
            for line in self.rfile:
                is_text = is_text and line != b".\r\n"
                if not is_text:
                    is_text = line.lower().startswith(b"data")
                    self.wfile.write(b"354 go on\r\n" if is_text else b"250 ok\r\n")


@pytest.fixture
def servers() -> Iterator[dict[str, Any]]:
    http = HTTPServer(("127.0.0.1", 0), Page)
    mail = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)
    mail.daemon_threads = True
    for server in (http, mail):
        Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{http.server_port}"
    yield {"host": host, "site": f"http://{host}/", "mail": mail.server_address[1]}
    for server in (http, mail):
        server.shutdown()
        server.server_close()


def test_ordinary_work_changes_nothing_of_libraries(
    servers: dict[str, Any], tmp_path: Path
) -> None:
    """In a process of its own: among the operations are some that change the process."""
    assert len(ordinary.OPERATIONS) >= 100
    command = [sys.executable, "-m", ordinary.__name__, json.dumps(servers)]
    root = str(Path(__file__).parents[3])
    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
    )
    assert ran.stdout.splitlines()[-1:] == ["told []"], ran.stdout + ran.stderr
