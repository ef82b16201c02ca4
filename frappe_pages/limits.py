"""Limits and pauses: what holds, and changing it as it runs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import get_store
from frappe_celery.jobs.limits.rules import MOST_A_MINUTE, Limits, Rule
from frappe_celery.watch import words
from frappe_pages import models, users
from frappe_pages.answers import OfJobs

OF_SITE = "site:"
ACTS = ("set", "remove", "pause", "resume")
PAUSES = (
    ("", "until resumed"),
    ("600", "for 10 minutes"),
    ("3600", "for an hour"),
    ("86400", "for a day"),
)


class ChangeForm(forms.Form):
    """What somebody asks of a target; each button needs a part of it."""

    target = forms.CharField(
        max_length=255,
        widget=forms.TextInput({"list": "fc-targets", "size": 34, "placeholder": "site:…"}),
        help_text="site:NAME, queue:NAME, method:DOTTED.PATH or key:NAME; * stands for anything",
    )
    running = forms.IntegerField(required=False, min_value=1, label="At once")
    per_minute = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_A_MINUTE, label="A minute"
    )
    seconds = forms.TypedChoiceField(
        required=False, choices=PAUSES, coerce=float, empty_value=None, label="Pause"
    )


class LimitAdmin(OfJobs):
    """Their page, and what its buttons do."""

    def get_urls(self) -> list[Any]:
        return [
            self.at("", self.list_view, "changelist"),
            self.at("act/", require_POST(self.act_view), "act"),
        ]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """Those that the user may see."""
        found = [limit for limit in Limits(get_store()).all() if is_of(request.user, limit.target)]
        may_change = self.has_change_permission(request)
        return self.shown(
            request,
            "limits.html",
            "Limits and pauses",
            limits=found,
            form=ChangeForm(initial=request.GET.dict()) if may_change else None,
            targets=targets(request.user),
        )

    def act_view(self, request: HttpRequest) -> HttpResponse:
        """What a button of the list asks: pause, resume, set or forget a limit."""
        act = request.POST.get("act", "")
        form = ChangeForm(request.POST)
        users.require(self.has_change_permission(request), "Can change Limit")
        if act not in ACTS or not form.is_valid():
            wrong = [f"{name}: {error}" for name, said in form.errors.items() for error in said]
            messages.error(request, " ".join(wrong) or "Choose what to do.")
            return HttpResponseRedirect(self.back(request))
        values = form.cleaned_data
        users.require(is_of(request.user, values["target"]), "Can see every site")
        try:
            told = _act(act, values)
        except ConfigError as exc:
            messages.error(request, f"Nothing was changed: {exc}")
        else:
            self.log_change(request, models.Limit(id=values["target"]), told)
            messages.success(request, f"Done. {values['target']}: {told}.")
        return HttpResponseRedirect(self.back(request))


def is_of(user: Any, target: str) -> bool:
    """Whether a limit concerns sites of the user's alone."""
    own = users.seen(user)
    return own is None or (target.removeprefix(OF_SITE) in own and target.startswith(OF_SITE))


def targets(user: Any) -> list[str]:
    """What a user can be offered to limit."""
    own = users.seen(user)
    if own is not None:
        return [OF_SITE + site for site in own]
    config = settings.current()
    return [
        *(f"queue:{name}" for name in config.queues),
        *(OF_SITE + site for site in config.sites()),
    ]


def _act(act: str, values: dict[str, Any]) -> str:
    """Do what a button says, one of ACTS; what was done, in words.

    Raises:
        ConfigError: it cannot be done.
    """
    limits, target = Limits(get_store()), values["target"]
    if act == "remove":
        limits.drop(target)
        return "the limit that was set is gone"
    if act == "resume":
        limits.resume(target)
        return "goes on"
    if act == "pause":
        ends = limits.pause(target, values["seconds"])
        return words.pause(ends, words.BY_BUTTON)
    numbers = Rule(values["running"], values["per_minute"]).numbers
    if not numbers:
        raise ConfigError("say how many at once, how many a minute, or both")
    return words.numbers(limits.change(target, **numbers))
