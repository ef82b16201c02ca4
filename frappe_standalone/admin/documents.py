"""Rows that people edit: stored through their controllers, as task code would store them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django import forms
from django.http import HttpRequest

from frappe_celery.host import ValidationError
from frappe_pages import users
from frappe_standalone.admin import sites
from frappe_standalone.documents.documents import get_doc
from frappe_standalone.local import local
from frappe_standalone.site.context import visit


class DocumentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Refuses what the document's controller refuses, with its sentence."""

    site = forms.ChoiceField(choices=())
    doctype = ""
    user: Any = None
    chosen = ""
    """The site whose rows are shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "site" in self.fields:
            names = users.choices(self.user)
            self.fields["site"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
            self.fields["site"].initial = self.chosen

    def clean(self) -> dict[str, Any]:
        """Have the controller look at it."""
        values = super().clean() or {}
        if "site" in values:
            self.instance._state.db = sites.database(values["site"])
        if self.errors:
            return values
        with visit(sites.of(self.instance), self.user.get_username()):
            try:
                document = self.document(values)
                document.run_method("before_validate")
                document.run_method("validate")
            except ValidationError as exc:
                self.add_error(self.field_of(exc), str(exc))
        return values

    def field_of(self, error: Exception) -> str | None:
        """The field that an error of the controller is about; None: the whole."""
        return None

    def document(self, values: Mapping[str, Any]) -> Any:
        """The document with the form's values, not yet stored."""
        fields = {name: value for name, value in values.items() if name != "site"}
        if not self.instance.pk:
            return get_doc({"doctype": self.doctype, **fields})
        return get_doc(self.doctype, self.instance.name).update(fields)


class DocumentAdmin(sites.OfSite):
    """Rows of a doctype that people add, change and delete."""

    form = DocumentForm
    ordering = ("name",)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form, which knows who fills it in."""
        form = super().get_form(request, obj, change, **kwargs)
        shown = {"user": request.user, "chosen": sites.asked(request) or ""}
        return type(form.__name__, (form,), shown)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the controller and the hooks of its events."""
        with as_user(request, sites.of(obj)):
            stored = form.document(form.cleaned_data).save()
        row = type(obj)._default_manager.using(sites.database(sites.of(obj))).get(name=stored.name)
        obj.__dict__.update(row.__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Through the controller, with what goes with it."""
        with as_user(request, sites.of(obj)):
            get_doc(self.form.doctype, obj.name).delete()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """One by one, so that each document's `on_trash` runs."""
        for obj in queryset:
            self.delete_model(request, obj)


@contextmanager
def as_user(request: HttpRequest, site: str) -> Iterator[None]:
    """Be on the site as the user of the request; what was done is committed."""
    with visit(site, request.user.get_username()):
        yield
        local.db.commit()
