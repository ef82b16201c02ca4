"""Where the lines of a worker or beat go: set up when Celery sets up its own logging."""

from __future__ import annotations

import copy
import json
import logging
import re
import sys
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from celery import Celery, signals
from click import get_current_context

from frappe_celery.config import settings
from frappe_celery.config.secrets import masked_text
from frappe_celery.config.texts import EntryFormatter, as_entry, printable
from frappe_celery.jobs.job import ABOUT, current_job, message_in_hand
from frappe_celery.jobs.message import JobMessage
from frappe_celery.watch.logs import files

WORKER, WORKER_ERRORS, SCHEDULER = "worker.log", "worker.error.log", "scheduler.log"
SCHEDULER_FORMAT = "%(asctime)s %(levelname)s scheduler %(message)s"
"""As Frappe's own logger writes that file."""
OF_BEAT = ("celery.beat", "frappe_celery.schedule")
"""Loggers whose lines tell, at INFO, what beat does; some an entry, none a turn."""
_FROM_CELERY = {"id": "run", "name": "method", "runtime": "runtime", "return_value": "result"}
"""What Celery's lines about a task know, under the names that our jobs have."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

_kept: dict[str, files.LogFile] = {}


def connect(app: Celery) -> None:
    """Have the app's programs log so."""
    signals.celeryd_init.connect(_worker_begins)
    signals.after_setup_logger.connect(_set_up)
    signals.after_setup_task_logger.connect(_set_up)
    for beat_starts in (signals.beat_init, signals.beat_embedded_init):
        beat_starts.connect(_beat_begins)


def error_file() -> Any:
    """Where stacks are written: worker.error.log where this process keeps it, else its output."""
    with suppress(KeyError, OSError):
        return _kept[WORKER_ERRORS].descriptor
    return sys.__stderr__


class Output(logging.Handler):
    """A line made once: for standard output or standard error, and for the file beside it.

    As JSON all of it is for standard output. Neither is what a job's prints are led to, which come
    here.
    """

    def __init__(self, is_json: bool) -> None:
        super().__init__()
        self.is_json = is_json

    def format(self, record: logging.LogRecord) -> str:
        """The line, with queue, site and id of the job that it is about."""
        message = message_of(record)
        if message is not None and not self.is_json:
            first, newline, others = record.getMessage().partition("\n")
            about = f"(queue {message.queue}, job {message.id})"
            record = copy.copy(record)
            record.msg, record.args = f"{first} {about}{newline}{others}", ()
        text = super().format(record)
        return text if self.is_json else as_entry(text)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            serious = record.levelno >= logging.WARNING
            line = self.format(record) + "\n"
            stream = sys.__stderr__ if serious and not self.is_json else sys.__stdout__
            if stream is not None:
                stream.write(line)
                stream.flush()
            file = _kept.get(WORKER_ERRORS if serious else WORKER)
            if file is not None:
                file.write(_COLOURS.sub("", line) if "\x1b" in line else line)
        except Exception:
            self.handleError(record)


def _worker_begins(instance: Any, **_: Any) -> None:
    config = settings.current()
    if config.logs == "json":
        instance.quiet = True  # no banner
    elif config.logs == "files" or (
        config.logs is None and not files.is_kept_by_a_process_manager(config.log_path)
    ):
        for name in (WORKER, WORKER_ERRORS):
            _kept[name] = files.opened(config.log_path / name)


def _beat_begins(**_: Any) -> None:
    """Beat says what it enqueues, in scheduler.log too, which process managers do not keep."""
    context = get_current_context(silent=True)
    quiet = context is not None and getattr(context.obj, "quiet", False)
    if not quiet and logging.getLogger().level == logging.WARNING:  # Celery's, where none is asked
        for name in OF_BEAT:
            logging.getLogger(name).setLevel(logging.INFO)
    config = settings.current()
    if config.logs not in (None, "files"):
        return
    handler = logging.StreamHandler(files.opened(config.log_path / SCHEDULER))
    handler.setFormatter(EntryFormatter(SCHEDULER_FORMAT))
    logging.getLogger().addHandler(handler)


def _set_up(logger: logging.Logger, **_: Any) -> None:
    """Put ours in place of the handler that writes everything to standard error."""
    for handler in list(logger.handlers):
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__:
            output = Output(is_json=settings.current().logs == "json")
            output.setFormatter(JSONFormatter() if output.is_json else handler.formatter)
            output.setLevel(handler.level)
            logger.removeHandler(handler)
            logger.addHandler(output)


class JSONFormatter(logging.Formatter):
    """`timestamp` (UTC), `level`, `logger`, `process`, `message`; of a job what is known."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "process": f"{record.processName}.{record.process}",
            "message": record.getMessage(),
        }
        entry.update(_of_the_task(record))
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        for name in ("message", "result", "exception"):
            if name in entry:
                entry[name] = masked_text(printable(str(entry[name])))
        line = json.dumps(entry, ensure_ascii=False, default=repr)
        return line if line.isprintable() else json.dumps(entry, default=repr)


def message_of(record: logging.LogRecord) -> JobMessage | None:
    """What a line is about: what its call names, or what its context has in hand."""
    named = getattr(record, ABOUT, None)
    return named if isinstance(named, JobMessage) else message_in_hand.get()


def _of_the_task(record: logging.LogRecord) -> dict[str, Any]:
    known = record.args if isinstance(record.args, dict) else {}
    of_celery = {_FROM_CELERY[name]: known[name] for name in _FROM_CELERY.keys() & known.keys()}
    job = current_job()
    message = message_of(record) if job is None else job.opened
    if message is None:
        return of_celery
    values = {name: getattr(message, name) for name in ("site", "queue", "run", "user")}
    return {**of_celery, **values, "job": message.id, "method": message.label}
