"""`frappe.logger`: rotating files in the bench's log folder and in the site's, as in Frappe."""

from __future__ import annotations

import logging
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from frappe_celery.host import settings
from frappe_standalone.local import local
from frappe_standalone.missing import lacks
from frappe_standalone.site.context import site_folder

loggers: dict[tuple[str, str, str], logging.Logger] = {}


@lacks(stream_only=False)
def logger(
    module: str | None = None,
    with_more_info: bool = False,
    allow_site: bool | str = True,
    filter: Callable[[logging.LogRecord], bool] | None = None,
    max_size: int = 100_000,
    file_count: int = 20,
) -> logging.Logger:
    """The logger of `<module>.log` (default frappe.log): the bench's file and the site's.

    Only errors are written unless `log_level` in the site's configuration says otherwise.
    """
    site = local.site if allow_site is True else allow_site or ""
    folder = settings.current().log_path
    key = (str(folder), module or "frappe", site)
    if key not in loggers:
        loggers[key] = _make(*key, max_size, file_count)
        if filter:
            loggers[key].addFilter(filter)
    return loggers[key]


def set_log_level(level: str) -> None:
    """Write what is at least this important from now on."""
    for found in loggers.values():
        found.setLevel(level.upper())


def _make(folder: str, module: str, site: str, size: int, count: int) -> logging.Logger:
    made = logging.getLogger(f"{folder}:{module}-{site or 'all'}")
    made.setLevel(str(local.conf.get("log_level") or "ERROR").upper())
    made.propagate = False
    folders = [Path(folder)] + ([site_folder(site) / "logs"] if site else [])
    form = logging.Formatter(f"%(asctime)s %(levelname)s {module} %(message)s")
    for place in folders:
        made.addHandler(_handler(place / f"{module}.log", form, size, count))
    return made


def _handler(path: Path, form: logging.Formatter, size: int, count: int) -> logging.Handler:
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=size, backupCount=count, delay=True)
    except OSError:  # a log that cannot be written must not stop a job
        handler = logging.StreamHandler()
    handler.setFormatter(form)
    return handler
