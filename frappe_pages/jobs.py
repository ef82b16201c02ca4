"""Jobs: a list with filters, one job, and what people do with them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from frappe_celery.by_filter import FAILED
from frappe_celery.config.texts import escaped
from frappe_celery.errors import BrokerUnreachable, FrappeCeleryError
from frappe_celery.jobs import Job, JobStatus, get_store
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.job import ACTIVE
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record.paging import LOOKED_AT, page
from frappe_celery.watch import job_display
from frappe_celery.watch.words import BY_BUTTON, clock
from frappe_pages import job_actions, models, other_arguments, users
from frappe_pages.answers import StoreAdmin
from frappe_pages.job_actions import ACTIONS, Action, Outcome, perform
from frappe_pages.job_filter import JobFilter

PAGE = 50
EVERY = 5_000
"""So many of the jobs that match the filters are acted on at once, the newest."""
ALWAYS_SHOWN = (JobStatus.QUEUED, JobStatus.STARTED, JobStatus.FINISHED, JobStatus.FAILED)
"""Statuses that have their tab without a job in them."""
LIST = "admin:frappe_celery_job_changelist"
ONE = "admin:frappe_celery_job_change"
NO_JOB = (
    "There is no job {!r} here: it was deleted, is past its retention, or belongs to a site that"
    " you do not see."
)


class JobAdmin(StoreAdmin):
    """The list of jobs, and a page for each."""

    def get_urls(self) -> list[Any]:
        """The list, the action, one job, its arguments."""
        return [
            self.at("", self.list_view, "changelist"),
            self.at("act/", require_POST(self.act_view), "act"),
            self.at("<str:run>/", self.job_view, "change"),
            self.at("<str:run>/requeue/", self.requeue_view, "requeue"),
        ]

    # -- looking

    def list_view(self, request: HttpRequest) -> HttpResponse:
        form = JobFilter(request.GET, request.user)
        wanted = form.wanted()
        store = get_store()
        text = form.cleaned_data.get("search")
        job = store.find(text) if text else None
        if job is not None and users.may_see(request.user, job.site):
            return HttpResponseRedirect(reverse(ONE, args=[job.run_id]))
        found = page(store, wanted, PAGE, request.GET.get("after"))
        counts = store.counts(
            site=wanted.site, queue=wanted.queue, since=wanted.since, until=wanted.until
        )
        begun = job_display.beginnings(found.jobs)
        return self.shown(
            request,
            "job_list.html",
            "Jobs",
            form=form,
            number_of_all=sum(counts.values()),
            tabs={
                status.value: number
                for status, number in counts.items()
                if number or status in (*ALWAYS_SHOWN, request.GET.get("status"))
            },
            lines=[{**_line(job), "arguments": begun[job.run_id]} for job in found.jobs],
            offered=job_actions.offered(request.user, found.jobs),
            may_requeue=ACTIONS["requeue"].is_allowed(request.user),
            again=FAILED,
            after=found.after,
            looked_at=found.looked_at if found.looked_at >= LOOKED_AT else None,
        )

    def job_view(self, request: HttpRequest, run: str) -> HttpResponse:
        job = self._seen(request, run)
        values = job_display.whole(job, BY_BUTTON)
        text = values["traceback"]
        return self.shown(
            request,
            "job.html",
            job_display.label(job),
            job=job,
            message=_message(job),
            values=values,
            traceback=text if text and "\n" in text.strip() else None,  # else it is a sentence
            timeline=job_display.timeline(job, values),
            actions=job_actions.offered(request.user, [job]),
            role=_role(job, values["batch"]),
            is_active=job.status in ACTIVE,
            sees_limit=users.seen(request.user) is None
            or str(values["kept_back_by"]).startswith(f"site:{job.site}:"),
        )

    def _seen(self, request: HttpRequest, run: str) -> Job:
        """The job of a run's id, or of its own; raises Http404 where the user sees none."""
        job = get_store().find(run)
        if job is None or not users.may_see(request.user, job.site):
            raise Http404(NO_JOB.format(run))
        return job

    # -- changing

    def act_view(self, request: HttpRequest) -> HttpResponse:
        """Ask, and once that is confirmed, do it."""
        back, one = self.back(request), request.POST.get("again")
        runs = [one] if one else request.POST.getlist("run")
        action = ACTIONS.get("requeue" if one else request.POST.get("action", ""))
        if action is not None and not one and "every" in request.POST:
            return self._act_on_every(request, action, back)
        if action is None or not runs:
            messages.warning(request, "Choose jobs, and what to do with them.")
            return HttpResponseRedirect(back)
        users.require(action.is_allowed(request.user), f"Can {action.permission} Job")
        jobs = list(map(get_store().find, runs))
        if any(job is not None and not users.may_see(request.user, job.site) for job in jobs):
            raise Http404(NO_JOB.format(runs[0]))
        if "confirmed" not in request.POST:
            return self._ask(request, action, list(zip(runs, jobs, strict=True)), back)
        outcomes = [perform(action, run, job) for run, job in zip(runs, jobs, strict=True)]
        self._log(request, action, outcomes)
        done = sum(outcome.error is None for outcome in outcomes)
        job_actions.tell(request, action, done, outcomes)
        if len(outcomes) == 1:
            job = outcomes[0].job
            back = reverse(ONE, args=[job.run_id]) if job else reverse(LIST)
        return HttpResponseRedirect(back)

    def _act_on_every(self, request: HttpRequest, action: Action, back: str) -> HttpResponse:
        """The same with all that the filters of the list match, as it was when it was asked."""
        users.require(action.is_allowed(request.user), f"Can {action.permission} Job")
        form, store = JobFilter(QueryDict(urlsplit(back).query), request.user), get_store()
        wanted = form.wanted()
        if form.errors:  # what cannot be read would be left out, and more would match
            messages.error(request, "Mend the filters first: nothing was done.")
            return HttpResponseRedirect(back)
        asked = float(request.POST.get("asked") or store.now())
        wanted = replace(
            wanted,
            until=min(asked, wanted.until or asked),
            statuses=tuple(status for status in wanted.statuses if status in action.statuses),
        )
        found = page(store, wanted, EVERY)
        if action is ACTIONS["requeue"]:  # whether one can be is told by its message
            store.read_messages(found.jobs)
        if "confirmed" not in request.POST:
            lines: list[tuple[str, Job | None]] = [(job.run_id, job) for job in found.jobs]
            more = {"asked": repr(asked), "looked_at": found.looked_at, "has_more": found.after}
            return self._ask(request, action, lines, back, **more)
        outcomes, is_done = job_actions.perform_each(action, found.jobs)
        done = sum(outcome.error is None for outcome in outcomes)
        job_actions.tell(request, action, done, outcomes)
        if done:
            label = f"{done} jobs by the filters {urlsplit(back).query or 'of none'}"[:255]
            self.log_change(request, models.Job(id="", label=label), action.done.capitalize())
        if not is_done or found.after:
            messages.warning(request, "There are more: ask again to go on.")
        return HttpResponseRedirect(back)

    def _ask(
        self,
        request: HttpRequest,
        action: Action,
        jobs: list[tuple[str, Job | None]],
        back: str,
        **more: Any,
    ) -> HttpResponse:
        reasons = [job_actions.impossible(action, j) if j else "it is gone" for _, j in jobs]
        number = sum(not reason for reason in reasons)
        lines = [
            (run, job and _line(job), reason)
            for (run, job), reason in islice(zip(jobs, reasons, strict=True), PAGE)
        ]
        titles = {0: f"Nothing to {action.name}", 1: f"{action.verb} it?"}
        title = titles.get(number, f"{action.verb} {number} jobs?")
        shown = {"action": action, "lines": lines, "number": number, "back": back, **more}
        return self.shown(request, "act.html", title, of=len(jobs), **shown)

    def requeue_view(self, request: HttpRequest, run: str) -> HttpResponse:
        """Run an ended job again with arguments that somebody edits."""
        job = self._seen(request, run)
        users.require(ACTIONS["requeue"].is_allowed(request.user), "Can change Job")
        text, title = request.POST.get("arguments", ""), f"Requeue {job_display.label(job)}"
        impossible = job_actions.impossible(ACTIONS["requeue"], job)
        if impossible:
            return self.shown(request, "requeue.html", title, job=job, impossible=impossible)
        error = ""
        try:
            text = text or other_arguments.as_text(job)
            if request.method == "POST":
                changed, without = other_arguments.changes(job, text)
                again = get_store().requeue(job, changed, without)
                about = models.Job(id=again.run_id, label=job_display.label(again))
                names = escaped(", ".join([*changed, *without])) or "none"
                self.log_change(request, about, f"Requeued; arguments that were changed: {names}")
                messages.success(request, f"1 job was requeued. Changed arguments: {names}.")
                return HttpResponseRedirect(reverse(ONE, args=[again.run_id]))
        except BrokerUnreachable:
            raise
        except (FrappeCeleryError, ValueError) as exc:
            error = escaped(str(exc))
        return self.shown(request, "requeue.html", title, job=job, text=text, error=error)

    def _log(self, request: HttpRequest, action: Action, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.error is not None:
                continue
            run = outcome.job.run_id if outcome.job else outcome.run
            label = job_display.label(outcome.job) if outcome.job else run
            about = models.Job(id=run, label=f"{label} ({action.done})")
            self.log_change(request, about, action.done.capitalize())


def _line(job: Job) -> dict[str, Any]:
    since = job.ended_at or job.started_at or job.enqueued_at
    return {**job_display.as_json(job), "enqueued": clock(job.enqueued_at), "since": since}


def _role(job: Job, batch: Any) -> str:
    """Which callback it is of its batch (`job_display.whole`); '' : none."""
    callbacks = batch_state.callbacks(get_store(), batch["id"]) if isinstance(batch, dict) else {}
    return next((role for role, one in callbacks.items() if one == job), "")


def _message(job: Job) -> JobMessage | None:
    try:
        return job.opened
    except Exception:  # altered or gone; its arguments say so
        return None
