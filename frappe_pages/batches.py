"""Batches: a list, one batch with its callbacks and failures, and what people do with it."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from frappe_celery.config.secrets import masked_text
from frappe_celery.jobs import Job, JobStatus, get_store
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.job import ACTIVE
from frappe_celery.watch import job_display
from frappe_pages import job_actions, models, users
from frappe_pages.answers import OfJobs, ReadOnlyAdmin
from frappe_pages.job_actions import BATCH_ACTIONS, Outcome
from frappe_pages.job_filter import JobFilter

PAGE = 50
FAILED_SHOWN = 50
A_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


class BatchAdmin(ReadOnlyAdmin, OfJobs):
    """Their pages, for whoever may see jobs."""

    def get_urls(self) -> list[Any]:
        """The list, a batch, what is done with it."""
        return [
            self.at("", self.list_view, "changelist"),
            self.at("<str:batch>/", self.batch_view, "change"),
            self.at("<str:batch>/act/", require_POST(self.act_view), "act"),
        ]

    # -- looking

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """Those of a site, or of all that the user sees, newest first."""
        form, asked = JobFilter(request.GET, request.user), request.GET.get("page", "")
        number = int(asked) if A_NUMBER.fullmatch(asked) else 1
        found = batch_state.page(get_store(), form.wanted().site, (number - 1) * PAGE, PAGE + 1)
        return self.shown(
            request,
            "batches.html",
            "Batches",
            form=form,
            batches=found[:PAGE],
            newer=number - 1,
            older=number + 1 if len(found) > PAGE else None,
        )

    def batch_view(self, request: HttpRequest, batch: str) -> HttpResponse:
        shown, store = self._seen(request, batch), get_store()
        callbacks = batch_state.callbacks(store, batch)
        return self.shown(
            request,
            "batch.html",
            shown.title,
            batch=shown,
            reason=masked_text(shown.reason),
            callbacks=callbacks,
            failed=[(job, job_display.last_line(job)) for job in _failed(shown)],
            actions=job_actions.offered_of_batch(request.user, shown),
            is_active=_is_active(shown, callbacks),
        )

    def _seen(self, request: HttpRequest, batch: str) -> batch_state.BatchState:
        """A batch that the user may see; raises Http404 where there is none, or of another site."""
        (found,) = batch_state.read(get_store(), batch)
        if found is None or not users.may_see(request.user, found.site):
            raise Http404(
                f"There is no batch {batch!r}: it is forgotten (a day after its end, unless failed"
                " jobs of it are kept), or of a site that you do not see."
            )
        return found

    # -- changing

    def act_view(self, request: HttpRequest, batch: str) -> HttpResponse:
        """Ask, and once that is confirmed, do it."""
        shown, asked = self._seen(request, batch), BATCH_ACTIONS.get(request.POST.get("action", ""))
        back = HttpResponseRedirect(reverse("admin:frappe_celery_batch_change", args=[batch]))
        if asked is None:
            messages.warning(request, "Choose what to do with the batch.")
            return back
        users.require(asked.is_allowed(request.user), f"Can {asked.permission} Job")
        if "confirmed" not in request.POST:
            title = f"{asked.verb} of {shown.title}?"
            return self.shown(request, "batch_act.html", title, batch=shown, asked=asked)
        outcomes, left = list[Outcome](), 0
        if asked.name == "cancel":
            done = batch_state.cancel(get_store(), batch)
        else:
            outcomes, left = job_actions.requeue_failed(get_store(), shown)
            done = sum(outcome.error is None for outcome in outcomes)
        job_actions.tell(request, asked, done, outcomes)
        if done:
            what = f"{asked.done.capitalize()}: {done} of its jobs"
            self.log_change(request, models.Batch(id=shown.id, label=shown.title), what)
        if not (done or outcomes):
            messages.warning(request, asked.none)
        if left:
            messages.warning(request, f"{left} were not looked at yet: ask again to go on.")
        return back


def _failed(batch: batch_state.BatchState) -> list[Job]:
    """Some of its jobs that failed or were stopped, those that ended last first."""
    some = islice(batch_state.jobs(get_store(), batch.id, *batch_state.FAILURES), FAILED_SHOWN)
    return sorted(some, key=lambda job: job.ended_at or job.created_at, reverse=True)


def _is_active(batch: batch_state.BatchState, callbacks: dict[str, Job | None]) -> bool:
    """Whether something of it will change by itself."""
    if batch.going or batch.status in batch_state.OPEN:
        return True
    may_wait_on = () if batch.is_finished else ("on_finished",)  # for a requeue
    return any(
        job.status in ACTIVE and not (job.status == JobStatus.DEFERRED and role in may_wait_on)
        for role, job in callbacks.items()
        if job is not None
    )
