"""Hosts: what a job runs in. `current()` is a bench where a real Frappe is importable."""

from __future__ import annotations

from frappe_celery.hosts.standalone.namespace.importer import find_real
from frappe_celery.jobs.hosts import Host

_host: Host | None = None


def is_bench() -> bool:
    """Whether a real Frappe (a `frappe/__init__.py`, not a stray folder) can be imported."""
    return find_real("frappe") is not None


def current() -> Host:
    """This process's host."""
    global _host
    if _host is None:
        if is_bench():
            from frappe_celery.hosts.bench.host import BenchHost

            _host = BenchHost()
        else:
            from frappe_celery.hosts.standalone.host import StandaloneHost

            _host = StandaloneHost()
    return _host
