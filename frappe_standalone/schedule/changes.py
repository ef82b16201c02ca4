"""Which sites' schedules were edited: one question to each site's database.

It sees whatever sets `modified` or adds or deletes a row, by whichever process. Who writes past
that (an UPDATE in SQL) is found by the look at every site in turn, see `schedule.reader`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from frappe_celery.host import ConfigError, settings
from frappe_standalone.database import django_setup, errors, schema
from frappe_standalone.site.context import ADMINISTRATOR, visit

Edits = tuple[Any, ...]
"""How many rows a site's schedule has and when the last of them was modified."""
_COUNTED = ("tabScheduled Job Type", "tabScheduler Event")

_seen: dict[str, Edits] = {}
_files: dict[str, tuple[str, Edits]] = {}
"""By site: its database, and what that looked like when it was asked; () where it is no file."""


def changed_sites() -> set[str]:
    """The sites whose rows are other than at the last call of this process; all at the first.

    Raises:
        OperationalError, InterfaceError: a database does not answer.
    """
    global _seen
    before, _seen = _seen, {site: _edits(site) for site in settings.current().sites()}
    return {site for site in before.keys() | _seen.keys() if before.get(site) != _seen.get(site)}


def _edits(site: str) -> Edits:
    database, looked = _files.get(site, ("", ()))
    if site in _seen and looked and looked == _looks(database):
        return _seen[site]
    try:
        return _asked(site)
    except ConfigError as exc:  # of one site, as whoever reads it says; until it says otherwise
        return (str(exc),)


def _asked(site: str) -> Edits:
    with visit(site, ADMINISTRATOR), errors.translated():
        connection = django_setup.connection(site)
        connection.close_if_unusable_or_obsolete()
        database = str(connection.settings_dict["NAME"])
        _files[site] = database, _looks(database)
        asked = [
            f"(select {what} from {connection.ops.quote_name(table)})"
            for table in _COUNTED
            for what in ("count(*)", "max(modified)")
        ]
        asked.append(
            f"(select max(value) from {connection.ops.quote_name('tabSingles')}"
            " where doctype = 'System Settings' and field = 'modified')"
        )
        found: Edits = schema.run(connection, f"select {', '.join(asked)}")[0]
        return found


def _looks(database: str) -> Edits:
    """Size and time of an SQLite file and of what waits to be written to it."""
    found = []
    with suppress(OSError):
        for path in (database, f"{database}-wal"):
            status = os.stat(path)
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)
