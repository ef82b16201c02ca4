"""Which sites' schedules were edited: one question for all sites, whose rows share their tables.

It sees whatever sets `modified` or adds or deletes a row, by whichever process. Who writes past
that (an UPDATE in SQL) is found by the look at every site in turn, see `schedule.reader`.
"""

from __future__ import annotations

from typing import Any

from frappe_celery.hosts.standalone.database import django_setup, errors

Edits = dict[str, tuple[Any, ...]]
"""By site: how many rows its schedule has and when the last of them was modified."""

_seen: Edits = {}


def changed_sites() -> set[str]:
    """The sites whose rows are other than at the last call of this process; all at the first.

    Raises:
        OperationalError, InterfaceError: the database does not answer.
    """
    global _seen
    before, _seen = _seen, _edits()
    return {site for site in before.keys() | _seen.keys() if before.get(site) != _seen.get(site)}


def _edits() -> Edits:
    with errors.translated():
        django_setup.connection().close_if_unusable_or_obsolete()
        from django.db.models import Count, Max

        from frappe_celery.hosts.standalone import models

        found: Edits = {}
        for rows in (
            models.ScheduledJobType.objects.all(),
            models.SchedulerEvent.objects.all(),
            models.Document.objects.filter(doctype="System Settings"),
        ):
            counted = rows.order_by().values("site").annotate(Count("pk"), Max("modified"))
            for site, number, modified in counted.values_list("site", "pk__count", "modified__max"):
                found[site] = (*found.get(site, ()), number, modified)
        return found
