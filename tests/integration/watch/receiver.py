"""A real HTTP server that takes what OpenTelemetry's and Sentry's clients, and others, send."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.ports import LOOPBACK, free_port


class Receiver:
    """What came, oldest first: the path and the body of each request; `answer` is its status."""

    def __init__(self) -> None:
        receiver = self
        self.answer = 200
        self.requests: list[tuple[str, bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                receiver.requests.append((self.path, body))
                self.send_response(receiver.answer)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer((LOOPBACK, free_port()), Handler)
        self.address = f"{LOOPBACK}:{self._server.server_port}"

    @contextmanager
    def open(self) -> Iterator[Receiver]:
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def spans(self) -> list[Span]:
        """What came as OTLP."""
        found = []
        for path, body in list(self.requests):
            if path == "/v1/traces":
                request = ExportTraceServiceRequest.FromString(body)
                found += [
                    s for r in request.resource_spans for sc in r.scope_spans for s in sc.spans
                ]
        return found

    def span(self, name: str) -> Span | None:
        """The span of that name; there is at most one."""
        found = [span for span in self.spans() if span.name == name]
        assert len(found) <= 1, found
        return found[0] if found else None

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Sentry's items of a kind: `event` (an error or a message) or `transaction`."""
        found = []
        for path, body in list(self.requests):
            if path.endswith("/store/") and kind == "event":  # as older clients send it
                found.append(json.loads(body))
            if not path.endswith("/envelope/"):
                continue
            lines = body.split(b"\n")[1:]
            while len(lines) > 1:
                header, payload, *lines = lines
                if json.loads(header)["type"] == kind:
                    found.append(json.loads(payload))
        return found
