"""The controllers of `RQ Job` and `RQ Worker`."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from frappe_celery.host import errors
from frappe_standalone.documents.document import Document


class RQJob(Document):
    """A job of the current site, as the job store has it."""

    __not_in_templates__ = Document.__not_in_templates__ | {"job", "stop_job"}

    @property
    def job(self) -> Any:
        from frappe_celery.host import get_store

        return get_store().fetch(self.name)

    def delete(self) -> None:  # type: ignore[override]
        """Remove its record, and it from its queue."""
        self.job.delete()

    def stop_job(self) -> None:
        """End it while it runs; one that does not run is left alone, as in Frappe."""
        with suppress(errors.InvalidJobOperation):
            self.job.stop()

    def cancel(self) -> Any:
        """Take it out of its queue."""
        return self.job.cancel()

    def db_insert(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: jobs are enqueued, not inserted."""

    def db_update(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: a job is changed by no form."""


class RQWorker(Document):
    """The document of a Celery worker."""

    def delete(self) -> None:  # type: ignore[override]
        """Does nothing: workers end by themselves."""

    def db_insert(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: workers start by themselves."""

    def db_update(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: a worker is changed by no form."""
