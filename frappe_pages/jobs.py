"""Jobs: a list with filters, one job, and what people do with them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

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
        back = self.back(request)
        action = ACTIONS.get(request.POST.get("action", ""))
        runs = request.POST.getlist("run")
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

    def _ask(
        self, request: HttpRequest, action: Action, jobs: list[tuple[str, Job | None]], back: str
    ) -> HttpResponse:
        lines = [
            (run, job and _line(job), job_actions.impossible(action, job) if job else "it is gone")
            for run, job in jobs
        ]
        number = sum(not impossible for *_, impossible in lines)
        titles = {0: f"Nothing to {action.name}", 1: f"{action.verb} it?"}
        title = titles.get(number, f"{action.verb} {number} jobs?")
        shown: dict[str, Any] = {"action": action, "lines": lines, "number": number, "back": back}
        return self.shown(request, "act.html", title, **shown)

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
    return {**job_display.as_json(job), "enqueued": clock(job.enqueued_at)}


def _role(job: Job, batch: Any) -> str:
    """Which callback it is of its batch (`job_display.whole`); '' : none."""
    callbacks = batch_state.callbacks(get_store(), batch["id"]) if isinstance(batch, dict) else {}
    return next((role for role, one in callbacks.items() if one == job), "")


def _message(job: Job) -> JobMessage | None:
    try:
        return job.opened
    except Exception:  # altered or gone; its arguments say so
        return None
