"""`frappe.model.document.Document`: stored, with the events of its controller and of the hooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frappe_standalone.database import store
from frappe_standalone.database.altering import OWN_DOCTYPES
from frappe_standalone.documents import checking, linking, locking, passwords
from frappe_standalone.documents.controllers import get_controller, register_plain, stored
from frappe_standalone.documents.meta import get_meta
from frappe_standalone.documents.naming import give_name_back, set_new_name, validate_name
from frappe_standalone.documents.stored_document import StoredDocument
from frappe_standalone.exceptions import (
    DocstatusTransitionError,
    DocumentLockedError,
    DuplicateEntryError,
    LinkExistsError,
    TimestampMismatchError,
)
from frappe_standalone.local import local
from frappe_standalone.messages import realtime
from frappe_standalone.missing import ANY, OF_A_SITE, lacks, unsupported
from frappe_standalone.site.app_hooks import get_doc_hooks
from frappe_standalone.site.calling import get_attr
from frappe_standalone.utils.dates import get_datetime
from frappe_standalone.utils.text import get_url_to_form

DRAFT, SUBMITTED, CANCELLED = 0, 1, 2
_EVENTS = {
    "save": (("validate", "before_save"), ("on_update",)),
    "submit": (("validate", "before_submit"), ("on_update", "on_submit")),
    "cancel": (("before_cancel",), ("on_cancel",)),
    "update_after_submit": (("before_update_after_submit",), ("on_update_after_submit",)),
}
_ACTIONS = {
    (DRAFT, DRAFT): "save",
    (DRAFT, SUBMITTED): "submit",
    (SUBMITTED, SUBMITTED): "update_after_submit",
    (SUBMITTED, CANCELLED): "cancel",
}


class Document(StoredDocument):
    """`Document("ToDo", name)` reads one, `Document({"doctype": …})` makes a new one.

    Raises:
        DoesNotExistError: there is none of that name on this site.
    """

    __not_in_templates__: frozenset[str] = frozenset(
        (
            *("add_comment", "cancel", "db_delete", "db_insert", "db_set", "db_update"),
            *("db_update_all", "delete", "insert", "lock", "log_error", "notify_update"),
            *("on_cancel", "on_submit", "on_trash", "on_update", "queue_action", "rename"),
            *("run_method", "save", "submit", "unlock", "update_children"),
        )
    )
    """What writes, runs something or opens a file: a template is refused it."""

    # -- storing, with events

    def insert(
        self,
        ignore_permissions: bool | None = None,
        ignore_links: bool | None = None,
        ignore_if_duplicate: bool = False,
        ignore_mandatory: bool | None = None,
        set_name: str | None = None,
        set_child_names: bool = True,
    ) -> Any:
        """Store a new document; `owner` is the current user unless it was set.

        Raises:
            NeedsFrappeSite: the doctype is one that changes a site.
            DuplicateEntryError: the name is taken (not with `ignore_if_duplicate`).
            UniqueValidationError: the value of a unique field is.
            ValidationError: it holds what its doctype's description does not allow; of an empty
                field that it requires MandatoryError.
        """
        if self.doctype in OF_A_SITE:
            raise unsupported(f"a document of {self.doctype}")
        given = {"ignore_permissions": ignore_permissions, "ignore_mandatory": ignore_mandatory}
        given["ignore_links"] = ignore_links
        self.flags.update({flag: value for flag, value in given.items() if value is not None})
        self.__dict__["__islocal"] = 1
        self._set_defaults()
        self._stamp()
        self._check_action(DRAFT)
        self._prepare_tables()
        linking.follow(self)
        self.run_method("before_insert")
        if not set_name and self.meta.autoname.lower() == "prompt":
            set_name = self.get("__newname")
        if set_name:
            self.name = validate_name(self.doctype, set_name)
        else:
            set_new_name(self)
        self._name_rows(anew=set_child_names)
        self.flags.in_insert = True
        self._before_events()
        checking.check(self)
        passwords.keep_passwords(self)
        try:
            self.db_insert()
            self.update_children()
        except DuplicateEntryError:
            if ignore_if_duplicate:
                return self
            raise
        self.__dict__.pop("__islocal", None)
        self.run_method("after_insert")
        checking.check_amended(self)
        self._after_events()
        self.flags.in_insert = False
        return self

    def save(
        self, ignore_permissions: bool | None = None, ignore_version: bool | None = None
    ) -> Any:
        """Store changes; a new document is inserted.

        Raises:
            TimestampMismatchError: somebody else stored it since it was read.
            DocumentLockedError: an action of it is queued (`queue_action`).
            ValidationError: as `insert`.
        """
        if ignore_permissions is not None:
            self.flags.ignore_permissions = ignore_permissions
        if self.is_new() or not self.name:
            return self.insert()
        if self.is_locked:
            raise DocumentLockedError(f"{self.doctype} {self.name} is locked: an action is queued")
        self._load_before_save()
        self._set_defaults()
        self._stamp()
        self._name_rows()
        linking.follow(self)
        self._before_events()
        if self._action != "cancel":
            checking.check(self)
        passwords.keep_passwords(self)
        self.db_update()
        self.update_children()
        self._after_events()
        return self

    def submit(self) -> Any:
        """Make it final (docstatus 1), with its `on_submit`."""
        return self._submit()

    def _submit(self) -> Any:
        self.docstatus = SUBMITTED
        return self.save()

    def cancel(self) -> Any:
        """Make it void: docstatus 2.

        Raises:
            LinkExistsError: a submitted document links to it.
        """
        return self._cancel()

    def _cancel(self) -> Any:
        self.docstatus = CANCELLED
        return self.save()

    @lacks(delete_permanently=ANY)
    def delete(self, ignore_permissions: bool = False, force: bool = False) -> None:
        """Delete it, after its `on_trash`, with its files and comments.

        Raises:
            LinkExistsError: it is submitted, or (not with `force`) another document links to it.
        """
        self._delete(force)

    def _delete(self, force: bool, ignore_on_trash: bool = False) -> None:
        if self.docstatus == SUBMITTED and (self.meta.is_submittable or not self.meta.is_known):
            raise LinkExistsError(f"{self.doctype} {self.name} is submitted: cancel it first")
        for event in () if ignore_on_trash else ("on_trash", "on_change"):
            self.run_method(event)
        if not force:
            linking.check_unlinked(self, "delete")
        give_name_back(self)
        self.db_delete()
        self.run_method("after_delete")
        self._delete_what_is_about_it()

    def _delete_what_is_about_it(self) -> None:
        if local.db.table_exists("File") and self.doctype != "File":
            attached = {"attached_to_doctype": self.doctype, "attached_to_name": self.name}
            for name in store.names("File", attached):
                stored("File", name).delete()
        about = {"reference_doctype": self.doctype, "reference_name": self.name}
        todo = {"reference_type": self.doctype, "reference_name": self.name}
        link = {"link_doctype": self.doctype, "link_name": self.name}
        for doctype, which in (("Comment", about), ("ToDo", todo), ("Communication Link", link)):
            store.delete(doctype, which)
        if local.db.table_exists("Communication"):
            store.update_where("Communication", about, dict.fromkeys(about))

    def _set_defaults(self) -> None:
        if self.is_new():
            self.update_if_missing(self.meta.defaults())
        for df in self.meta.tables.values():
            new = [row for row in self.get(df.fieldname) or [] if row.is_new()]
            defaults = get_meta(df.options).defaults(self) if new else {}
            for row in new:
                row.update_if_missing(defaults)

    def _name_rows(self, anew: bool = True) -> None:
        for row in self._rows():
            row.parent = self.name
            if anew and self.is_new():
                row.name = None
            if not row.name:
                set_new_name(row)

    def db_set(
        self,
        fieldname: str | Mapping[str, Any],
        value: Any = None,
        update_modified: bool = True,
        notify: bool = False,
        commit: bool = False,
    ) -> None:
        """Set fields here and in the database, without the controller's validation."""
        values = dict(fieldname) if isinstance(fieldname, Mapping) else {fieldname: value}
        if update_modified:
            values |= store.modified_now()
        self.update(values)
        self.run_method("before_change")
        if self.name is not None:
            local.db.set_value(self.doctype, self.name, values, update_modified=False)
        self.run_method("on_change")
        if notify:
            self.notify_update()
        if commit:
            local.db.commit()

    def rename(
        self, name: str, merge: bool = False, force: bool = False, validate_rename: bool = True
    ) -> None:
        """`frappe.rename_doc`; it then has that name."""
        from frappe_standalone.documents.renaming import rename_doc

        self.name = rename_doc(
            self.doctype, self.name, name, force, merge, validate=validate_rename
        )
        self.reload()

    def _stamp(self) -> None:
        stamp = store.modified_now()
        self.update(stamp)
        if self.is_new():
            self.creation = stamp["modified"]
        self.owner = self.owner or stamp["modified_by"]
        for row in self.get_all_children():
            row.creation, row.owner = row.creation or self.creation, row.owner or self.owner

    # -- before and after

    def run_method(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call the controller's method of that name, then the `doc_events` hooks of it.

        Our own records (OWN_DOCTYPES) run no app's hooks: what breaks in one is told in them.

        Returns:
            What the last of them gave; dictionaries of several as one.
        """
        own = getattr(type(self), method, None)
        result = own(self, *args, **kwargs) if callable(own) else None
        for handler in self._handlers(method):
            given = get_attr(handler)(self, method, *args, **kwargs)
            if isinstance(given, dict) and isinstance(result, dict):
                result = {**result, **given}
            elif given is not None:
                result = given
        return result

    def _handlers(self, event: str) -> list[str]:
        hooks = {} if self.doctype in OWN_DOCTYPES else get_doc_hooks()
        return [each for of in (self.doctype, "*") for each in hooks.get(of, {}).get(event, [])]

    def _check_action(self, before: int) -> None:
        after = int(self.docstatus or DRAFT)
        if (before, after) not in _ACTIONS:
            raise DocstatusTransitionError(
                f"{self.doctype} {self.name}: docstatus cannot go from {before} to {after}"
            )
        self._action = _ACTIONS[before, after]

    def _before_events(self) -> None:
        if self._action in ("save", "submit"):
            self.run_method("before_validate")
        if not self.flags.ignore_validate:
            for event in _EVENTS[self._action][0]:
                self.run_method(event)
            self._set_title()

    def _set_title(self) -> None:
        df = self.meta.get_field("title") if self.meta.title_field == "title" else None
        pattern = df and (df.options or (self.is_new() and not self.get("title") and df.default))
        if pattern:
            values = {key: "" if v is None else v for key, v in self.as_dict().items()}
            self.set("title", pattern.format_map(values))

    def _after_events(self) -> None:
        for event in _EVENTS[self._action][1]:
            self.run_method(event)
        if self._action == "cancel" and not self.flags.ignore_links:
            linking.check_unlinked(self, "cancel")
        self.run_method("on_change")
        if self.flags.notify_update:
            self.notify_update()

    def _load_before_save(self) -> None:
        self._doc_before_save = None
        before = type(self)(self.doctype, self.name, for_update=True)
        if before.modified is None:  # a Single that was never saved
            self._check_action(DRAFT)
            return
        if not self.modified or get_datetime(self.modified) != get_datetime(before.modified):
            raise TimestampMismatchError(
                f"{self.doctype} {self.name} was changed by {before.modified_by} at"
                f" {before.modified} after it was read; reload it and try again"
            )
        self._doc_before_save = before
        self._check_action(int(before.docstatus))

    def get_doc_before_save(self) -> Any:
        """As it was in the database before this `save`."""
        return self.__dict__.get("_doc_before_save")

    def has_value_changed(self, fieldname: str) -> bool:
        """Whether this `save` changes the field; True for a new document."""
        if self.get_doc_before_save() is None:
            return True
        before = self.get_value_before_save(fieldname)
        return bool(before != checking.in_kind_of(before, self.get(fieldname)))

    def get_value_before_save(self, fieldname: str) -> Any:
        """A field as it was in the database before this `save`."""
        before = self.get_doc_before_save()
        return None if before is None else before.get(fieldname)

    # -- locks and actions

    get_signature = locking.signature
    lock = locking.lock
    unlock = locking.unlock
    is_locked = property(locking.is_locked)
    queue_action = locking.queue_action

    # -- around it

    get_password = passwords.get_password
    notify_update = realtime.notify_update

    def add_comment(
        self,
        comment_type: str = "Comment",
        text: str | None = None,
        comment_email: str | None = None,
        comment_by: str | None = None,
    ) -> Any:
        """Write a Comment document about it."""
        about = {"reference_doctype": self.doctype, "reference_name": self.name}
        by = {"comment_email": comment_email, "comment_by": comment_by}
        said = {"comment_type": comment_type, "content": text or comment_type}
        comment = get_controller("Comment")({"doctype": "Comment", **about, **by, **said})
        return comment.insert(ignore_permissions=True)

    @lacks(defer_insert=ANY)
    def log_error(self, title: Any = None, message: Any = None) -> Any:
        """As `frappe.log_error`, in an Error Log that refers to it."""
        from frappe_standalone.documents.error_log import log_error

        return log_error(title, message, self.doctype, self.name)

    def clear_cache(self) -> None:
        """Does nothing: no document is kept here."""

    def get_title(self) -> str:
        """The value of its title field; its name where it has none."""
        return str(self.get(self.meta.get_title_field()) or self.name or "")

    def get_url(self) -> str:
        """The address of its form in the Desk."""
        return get_url_to_form(self.doctype, self.name)

    def check_permission(self, permtype: str = "read", permlevel: Any = None) -> None:
        """Does nothing: there are no permissions here."""

    @lacks(debug=ANY, user=ANY)
    def has_permission(self, permtype: str = "read") -> bool:
        """True: there are no permissions here."""
        return True


Document.__module__ = "frappe.model.document"
register_plain(Document)
