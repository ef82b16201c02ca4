"""`frappe-celery metrics`: an endpoint for Prometheus, with the probes of `probes`."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from importlib.resources import files
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import click

from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_pages.listening import cannot_listen, listening
from frappe_pages.probes import Application, with_probes

LOOK_SECONDS = 10.0
"""How often what ended is counted when nobody scrapes; records are kept for `rq_results_ttl`."""
THERE_IS = b"There is GET /metrics, /health and /ready\n"


@click.command()
@listening(9808)
@click.option("--rules", is_flag=True, help="Print alerting rules for Prometheus instead.")
def metrics(port: int, address: str, rules: bool) -> None:
    """Serve metrics for Prometheus.

    One such process is enough for a bench. Of all sites: jobs by site, queue and method, how long
    they waited and ran, workers, the scheduler's lag and leader. They are read from Redis, and cost
    the jobs nothing. There is no login.

    \b
    Examples:
      frappe-celery metrics --port 9808
      frappe-celery metrics --rules > frappe-celery.yml
    """
    if rules:
        click.echo((files("frappe_celery.watch.notify") / "prometheus.yml").read_text(), nl=False)
        return
    try:
        from prometheus_client import CollectorRegistry, make_wsgi_app
    except ImportError:
        raise ConfigError(
            "metrics need prometheus-client: pip install 'frappe_celery[metrics]'"
        ) from None
    from frappe_celery.jobs import get_store
    from frappe_pages.exposition import Exposition

    registry = CollectorRegistry()
    exposition = Exposition(get_store(), registry)
    application = with_probes(_at_its_path(make_wsgi_app(registry)))
    try:
        _Server.address_family = socket.getaddrinfo(address, port)[0][0]
        server = make_server(address, port, application, _Server, _Quiet)
    except OSError as exc:
        raise cannot_listen(address, port, exc) from exc
    threading.Thread(target=server.serve_forever, daemon=True).start()
    click.echo(f"http://{address}:{server.server_port}/metrics")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    _follow(exposition.count)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """No line for each scrape."""


def _at_its_path(scraped: Application) -> Application:
    """It at /metrics; / leads there, all else is not found."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO") or "/"
        if path == "/metrics":
            return scraped(environ, start_response)
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(THERE_IS)))]
        if path == "/":
            start_response("302 Found", [*headers, ("Location", "metrics")])
        else:
            start_response("404 Not Found", headers)
        return [THERE_IS]

    return answer


def _follow(count: Callable[[], None]) -> None:
    """Count what ended until told to stop; a broker that is away is waited for."""
    away = False
    while True:
        try:
            count()
            away = False
        except BrokerUnreachable as exc:
            if not away:
                click.echo(f"{exc}. It is tried again by itself", err=True)
            away = True
        time.sleep(LOOK_SECONDS)
