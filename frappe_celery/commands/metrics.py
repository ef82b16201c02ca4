"""`frappe-celery metrics`: an endpoint for Prometheus."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from importlib.resources import files

import click

from frappe_celery.commands import options
from frappe_celery.errors import BrokerUnreachable, ConfigError

LOOK_SECONDS = 10.0
"""How often what ended is counted when nobody scrapes; records are kept for `rq_results_ttl`."""


@click.command()
@options.listening(9808)
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
        from prometheus_client import CollectorRegistry, start_http_server
    except ImportError:
        raise ConfigError(
            "metrics need prometheus-client: pip install 'frappe_celery[metrics]'"
        ) from None
    from frappe_celery.jobs import get_store
    from frappe_celery.watch.metrics import Exposition

    registry = CollectorRegistry()
    exposition = Exposition(get_store(), registry)
    try:
        server, _ = start_http_server(port, address, registry)
    except OSError as exc:
        raise options.cannot_listen(address, port, exc) from exc
    click.echo(f"http://{address}:{server.server_port}/metrics")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    _follow(exposition.count)


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
