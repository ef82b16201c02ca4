"""Which jobs the list shows, as the page's address says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from frappe_celery.config import settings
from frappe_celery.jobs import JobStatus
from frappe_celery.jobs.record.paging import Wanted
from frappe_celery.watch.words import instant
from frappe_pages import users
from frappe_pages.job_search import Searched

FILTERS = ("method", "site", "queue", "since", "until")


class InstantField(forms.CharField):
    """`2h` ago or 2026-03-29T01:30, as the commands take it; seconds since the epoch."""

    widget = forms.TextInput(
        {"list": "fc-times", "placeholder": "2h or 2026-03-29T01:30", "size": 18}
    )

    def clean(self, value: Any) -> float | None:
        """Raises ValidationError with the sentence that the commands say."""
        text = super().clean(value)
        try:
            return instant(text) if text else None
        except ValueError as exc:
            raise forms.ValidationError(str(exc)) from None


class JobFilter(forms.Form):
    """A user's filters; only sites that the user sees can be chosen."""

    status = forms.ChoiceField(
        required=False, choices=[(status.value, status.value) for status in JobStatus]
    )
    search = forms.CharField(
        required=False,
        widget=forms.TextInput({"placeholder": "id, method, argument, error", "size": 26}),
    )
    error = forms.CharField(required=False, widget=forms.HiddenInput())
    method = forms.CharField(
        required=False, widget=forms.TextInput({"placeholder": "myapp.tasks.*", "size": 26})
    )
    site = forms.ChoiceField(required=False)
    queue = forms.ChoiceField(required=False)
    since = InstantField(required=False)
    until = InstantField(required=False)

    def __init__(self, data: QueryDict, user: Any) -> None:
        super().__init__(data)
        self.user, self.has_sites = user, users.several(user)
        own = [(name, name) for name in users.choices(user)]
        all_of_them = [] if users.first(user) else [("", "every site")]
        self.fields["site"].choices = [*all_of_them, *own]  # type: ignore[attr-defined]
        queues = settings.current().queues
        self.fields["queue"].choices = [("", "every queue"), *((name, name) for name in queues)]  # type: ignore[attr-defined]

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set beside status and search."""
        return any(map(self.data.get, FILTERS))

    def wanted(self) -> Wanted:
        """What of it can be read; the form says what cannot."""
        self.is_valid()
        given = {
            name: value for name, value in self.cleaned_data.items() if value not in ("", None)
        }
        status = given.pop("status", None)
        site = given.pop("site", None) or users.first(self.user)
        statuses = (JobStatus(status),) if status else tuple(JobStatus)
        text, error = given.pop("search", ""), given.pop("error", "")
        of = {**given, "site": site, "statuses": statuses}
        return Searched(**of, text=text, error=error) if text or error else Wanted(**of)
