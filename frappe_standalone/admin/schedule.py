"""The schedule: rows with their next runs, to pause, run now and edit; Scheduler Events."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from frappe_celery import host
from frappe_pages.jobs import ONE
from frappe_standalone.admin import sites
from frappe_standalone.admin.documents import DocumentAdmin, DocumentForm, as_user
from frappe_standalone.admin.sites import clock
from frappe_standalone.documents.documents import get_doc
from frappe_standalone.models import ScheduledJobType, SchedulerEvent
from frappe_standalone.schedule import rows
from frappe_standalone.site.context import ADMINISTRATOR, visit

CRON, DOCTYPE = host.schedule_events.CRON, host.schedule_documents.DOCTYPE
NEXT_RUNS = 5
WORDS = (CRON, "All", *map(host.frequencies.label_of, host.frequencies.FREQUENCIES))


class ScheduledJobTypeForm(DocumentForm):
    doctype = DOCTYPE
    frequency = forms.ChoiceField(choices=[(word, word) for word in WORDS])

    class Meta:
        model = ScheduledJobType
        fields = (
            *("scheduler_event", "method"),
            *("frequency", "cron_format", "stopped", "create_log"),
        )
        labels: ClassVar = {"stopped": "Paused"}
        help_texts: ClassVar = {
            "scheduler_event": "Name of the Scheduler Event that says what is run.",
            "method": "What is run, a dotted path; left empty: that of the Scheduler Event.",
            "cron_format": "With the frequency Cron: minute hour day-of-month month day-of-week, as"
            " in 30 2 * * 1-5 (2:30, Monday to Friday).",
            "create_log": "Each run is a row of the Scheduled Job Log.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance.frequency
        if kept and kept not in WORDS:  # in other words, or a Frappe to come
            self.fields["frequency"].choices = [(kept, kept), *((w, w) for w in WORDS)]  # type: ignore[attr-defined]
        if "scheduler_event" in self.fields:
            self.fields["scheduler_event"].required = True

    def clean_cron_format(self) -> str:
        """Only the frequency Cron has one."""
        cron = self.cleaned_data["cron_format"].strip()
        return cron if self.cleaned_data.get("frequency") == CRON else ""

    def field_of(self, error: Exception) -> str | None:
        """A broken expression stands beside its field."""
        is_cron = isinstance(error.__cause__, host.CronError)
        return "cron_format" if is_cron or str(error).startswith("Cron format") else None


class ScheduledJobTypeAdmin(DocumentAdmin):
    form = ScheduledJobTypeForm
    list_display = ("name", "when", "next_run", "last_run", "runs")
    list_filter = ("stopped", "frequency")
    search_fields = ("name", "method", "cron_format")
    list_title = "Schedule"
    actions = ("run_now", "pause", "resume")
    list_per_page = 50

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What it runs is chosen once."""
        when = ("frequency", "cron_format", "stopped", "create_log")
        if obj is None:
            return ("site", "scheduler_event", "method", *when)
        event = ("scheduler_event",) if obj.scheduler_event else ()
        return ("method", *event, "site", *when, "queue", "last_run", "next_runs")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Method, event and site are chosen once, when the row is made."""
        kept = () if obj is None else ("method", "scheduler_event", "site")
        return (*kept, "queue", "last_run", "next_runs")

    # -- columns

    @admin.display(ordering="frequency")
    def when(self, obj: Any) -> str:
        if obj.frequency != CRON:
            return str(obj.frequency)
        return format_html('<code class="fc-nowrap">{}</code>', obj.cron_format)

    @admin.display(description="next run")
    def next_run(self, obj: Any) -> str:
        if obj.stopped:
            return "-"
        times = _timing(obj).next_starts(row_of(obj), datetime.now(timezone.utc), 1)
        return times if isinstance(times, str) else clock(times[0])

    @admin.display(description="next runs")
    def next_runs(self, obj: Any) -> str:
        """The next few, or why there are none."""
        if not obj.pk:
            return "-"
        timing = _timing(obj)
        times = timing.next_starts(row_of(obj), datetime.now(timezone.utc), NEXT_RUNS)
        if isinstance(times, str):
            return times
        listed = format_html_join("", "<li>{}</li>", ((clock(time),) for time in times))
        note = "Paused: it would run at these times" if obj.stopped else "Times"
        return format_html(
            '<ul class="fc-times" id="fc-next-runs">{}</ul><small>{} in {}</small>',
            listed,
            note,
            timing.zone,
        )

    @admin.display(description="last run", ordering="last_execution")
    def last_run(self, obj: Any) -> str:
        last = row_of(obj).last_execution
        if last is None:
            return "never"
        return clock(_timing(obj).on_the_wall(last))

    @admin.display(description="runs", boolean=True, ordering="stopped")
    def runs(self, obj: Any) -> bool:
        return not obj.stopped

    @admin.display(description="queue")
    def queue(self, obj: Any) -> str:
        return row_of(obj).queue

    # -- actions

    @admin.action(description="Run now", permissions=["change"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Enqueue a run of each, as the user who asked, as Frappe's Execute button does."""
        for obj in queryset:
            self._run(request, obj)

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._set_stopped(request, queryset, True)

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._set_stopped(request, queryset, False)

    def _set_stopped(self, request: HttpRequest, queryset: QuerySet[Any], stopped: bool) -> None:
        word = "Paused" if stopped else "Resumed"
        for obj in queryset:
            with as_user(request, sites.of(obj)):
                get_doc(DOCTYPE, obj.name).update({"stopped": int(stopped)}).save()
            self.log_change(request, obj, word)
        messages.success(request, f"{word}: {', '.join(obj.name for obj in queryset)}.")

    def _run(self, request: HttpRequest, obj: Any) -> None:
        try:
            with visit(sites.of(obj), request.user.get_username()):
                job = host.fire.enqueue_scheduled(row_of(obj), user=request.user.get_username())
        except host.errors.FrappeCeleryError as exc:
            messages.error(request, f"No run of {obj.name} was enqueued: {exc}")
            return
        if job is None:
            messages.warning(request, f"No run of {obj.name} was enqueued: one waits or runs.")
            return
        self.log_change(request, obj, "Run now")
        link = format_html('<a href="{}">{}</a>', reverse(ONE, args=[job.run_id]), obj.name)
        messages.success(request, format_html("A run of {} was enqueued.", link))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """The button that saves and runs it."""
        response = super().response_change(request, obj)
        if "_run" not in request.POST:
            return response
        self._run(request, obj)
        return HttpResponseRedirect(request.path)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Says what becomes of an edited row of a hook."""
        obj = kwargs.get("obj")
        context["of_hook"] = obj is not None and host.schedule_sync.is_of_hook(row_of(obj))
        return super().render_change_form(request, context, *args, **kwargs)


class SchedulerEventForm(DocumentForm):
    """Its method, or a doctype for which a hook gives one."""

    doctype = "Scheduler Event"

    class Meta:
        model = SchedulerEvent
        fields = ("scheduled_against", "method")
        help_texts: ClassVar = {
            "scheduled_against": "Name of a doctype.",
            "method": "What is run, a dotted path; empty: what the hook scheduled_against gives"
            " for the doctype.",
        }


class SchedulerEventAdmin(DocumentAdmin):
    form = SchedulerEventForm
    list_display = ("name", "scheduled_against", "method")
    search_fields = ("name", "scheduled_against", "method")

    def get_fields(self, request: object, obj: SchedulerEvent | None = None) -> tuple[str, ...]:
        name = () if obj is None else ("name",)
        return (*name, "site", "scheduled_against", "method")

    def get_readonly_fields(
        self, request: object, obj: SchedulerEvent | None = None
    ) -> tuple[str, ...]:
        """Name and site are chosen once, when the row is made."""
        return () if obj is None else ("name", "site")


def row_of(obj: ScheduledJobType) -> host.hosts.ScheduleRow:
    """The row as the schedule knows it."""
    with visit(sites.of(obj), ADMINISTRATOR):
        return rows.row_of(
            {column.name: column.value_from_object(obj) for column in obj._meta.concrete_fields}
        )


def _timing(obj: ScheduledJobType) -> host.Timing:
    return host.Timing.of(host.settings.current(), sites.of(obj))
