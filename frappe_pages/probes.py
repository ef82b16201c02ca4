"""GET /health and /ready, without a host that is known and without a login, for orchestrators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""As WSGI has it."""


def with_probes(application: Application) -> Application:
    """The same, which says that it lives, and (503: no) that the Redis with the jobs answers."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        probe = environ.get("PATH_INFO")
        if probe not in ("/health", "/ready"):
            return application(environ, start_response)
        status, text = "200 OK", b"ok\n"
        try:
            if probe == "/ready":
                get_store().now()
        except BrokerUnreachable:
            status, text = "503 Service Unavailable", b"Redis does not answer\n"
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
        return [text]

    return answer
