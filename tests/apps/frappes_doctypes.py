"""The same calls on documents of Frappe's own doctypes, on a bench and here: what each answers.

In a bench, with this folder's parent on PYTHONPATH and the bench's Python, in its `sites` folder:

    python -m tests.apps.frappes_doctypes SITE > frappes_doctypes.json

`frappes_doctypes.json` is what Frappe 16.9 answered; everything is rolled back.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

Call = Callable[[Any], Any]
CALLS: list[Call] = []


def call(function: Call) -> Call:
    """Have it be one of the calls."""
    CALLS.append(function)
    return function


def answers(frappe: Any) -> dict[str, Any]:
    """By call, what it gives: rows and values, or the name of the error that it raises."""
    found: dict[str, Any] = {}
    for each in CALLS:
        frappe.db.savepoint("one_call")
        try:
            found[each.__name__] = json.loads(json.dumps(each(frappe), default=str))
        except Exception as error:
            found[each.__name__] = type(error).__name__
        frappe.db.rollback(save_point="one_call")
    return found


def made(frappe: Any, doctype: str, **values: Any) -> Any:
    """A new document, stored."""
    return frappe.get_doc({"doctype": doctype, **values}).insert()


def some(doc: Any, *fields: str) -> dict[str, Any]:
    """Of a document as it lies in the database, these fields."""
    doc.reload()
    return {field: doc.get(field) for field in fields}


def rows(doc: Any, table: str, *fields: str) -> list[list[Any]]:
    """The same of the rows of a table."""
    return [[row.get(field) for field in ("idx", *fields)] for row in doc.get(table)]


def todo(frappe: Any, **values: Any) -> Any:
    return made(frappe, "ToDo", **{"description": "Call them", **values})


def contact(frappe: Any, *emails: tuple[str, int], **values: Any) -> Any:
    listed = [{"email_id": email, "is_primary": mark} for email, mark in emails]
    return made(frappe, "Contact", **{"first_name": "Ada", "email_ids": listed, **values})


def user(frappe: Any, *roles: str, **values: Any) -> Any:
    given = {"email": "New.User@Example.com", "first_name": "New", "send_welcome_email": 0}
    doc = made(frappe, "User", **given, **values, roles=[{"role": role} for role in roles])
    try:
        from frappe.core.doctype.user.user import create_contact
    except ImportError:
        return doc
    create_contact(doc, ignore_mandatory=True)  # Frappe's job of the same name
    return doc


def address(frappe: Any, **values: Any) -> Any:
    given = {"address_type": "Billing", "address_line1": "1 Way", "city": "Pune"}
    return made(frappe, "Address", **{"country": "India", **given, **values})


def kept(doc: Any, field: str) -> Any:
    """What a document keeps of those about it, without names."""
    listed = json.loads(doc.db_get(field) or "null") or []
    return [
        {k: v for k, v in x.items() if k != "name"} if isinstance(x, dict) else x for x in listed
    ]


def remarks(frappe: Any, doc: Any) -> Any:
    about = {"reference_doctype": doc.doctype, "reference_name": doc.name}
    fields = ["comment_type", "content", "comment_email"]
    return frappe.get_all("Comment", about, fields, order_by="creation", as_list=True)


# -- ToDo


@call
def a_todo_has_frappe_s_defaults(frappe: Any) -> Any:
    doc = todo(frappe)
    open_ones = frappe.get_all("ToDo", {"status": "Open", "name": doc.name}, pluck="priority")
    is_today = str(doc.date) == frappe.utils.today()
    return [some(doc, "status", "priority", "allocated_to", "assigned_by"), open_ones, is_today]


@call
def a_new_todo(frappe: Any) -> Any:
    doc = frappe.new_doc("ToDo")
    return [doc.status, doc.priority, str(doc.date) == frappe.utils.today(), doc.color]


@call
def a_todo_with_a_status_of_its_own(frappe: Any) -> Any:
    return todo(frappe, status="Someday")


@call
def a_todo_for_nobody_that_is_there(frappe: Any) -> Any:
    return todo(frappe, allocated_to="nobody@example.com")


@call
def an_assignment(frappe: Any) -> Any:
    about = todo(frappe, description="Above")
    to = {"reference_type": "ToDo", "reference_name": about.name}
    doc = todo(frappe, **to, allocated_to="Administrator", assigned_by="Administrator")
    assigned = kept(about, "_assign")
    doc.status = "Closed"
    doc.save()
    return [assigned, kept(about, "_assign"), remarks(frappe, about), doc.name == doc.get_title()]


@call
def owners_of_todos(frappe: Any) -> Any:
    doc = todo(frappe, allocated_to="Administrator")
    return type(doc).get_owners({"name": doc.name})


# -- Contact


@call
def a_contact(frappe: Any) -> Any:
    phones = [{"phone": "+91 1", "is_primary_phone": 1}, {"phone": "2", "is_primary_mobile_no": 1}]
    doc = contact(frappe, ("ada@example.com", 0), last_name="Byron", phone_nos=phones)
    fields = (
        "name",
        "full_name",
        "email_id",
        "phone",
        "mobile_no",
        "status",
        "user",
        "unsubscribed",
    )
    found = some(doc, *fields)
    emails = frappe.get_all("Contact Email", {"parent": doc.name}, ["email_id", "is_primary"])
    return [found, emails, rows(doc, "phone_nos", "phone", "is_primary_phone")]


@call
def contacts_of_one_name(frappe: Any) -> Any:
    return [contact(frappe).name, contact(frappe).name, contact(frappe, last_name="B").name]


@call
def a_contact_of_a_document(frappe: Any) -> Any:
    about = todo(frappe, description="Analytical")
    link = {"link_doctype": "ToDo", "link_name": about.name}
    doc = contact(frappe, links=[link, link])
    found = frappe.get_all("Dynamic Link", {"parent": doc.name}, ["link_doctype", "link_title"])
    is_named = doc.name == f"Ada-{about.name}"
    return [
        found,
        is_named,
        doc.get_link_for("ToDo") == about.name,
        bool(doc.has_link("ToDo", "x")),
    ]


@call
def a_contact_with_two_primary_addresses(frappe: Any) -> Any:
    return contact(frappe, ("a@example.com", 1), ("b@example.com", 1))


@call
def a_contact_with_no_primary_address(frappe: Any) -> Any:
    return some(contact(frappe, ("a@example.com", 0), ("b@example.com", 0)), "email_id", "phone")


@call
def an_address_is_added_to_a_contact(frappe: Any) -> Any:
    doc = contact(frappe, ("a@example.com", 1))
    doc.add_email("b@example.com", autosave=True)
    doc.add_email("a@example.com", autosave=True)
    doc.add_phone("123", is_primary_phone=1, autosave=True)
    return [rows(doc, "email_ids", "email_id", "is_primary"), some(doc, "email_id", "phone")]


@call
def a_contact_without_a_name(frappe: Any) -> Any:
    return some(made(frappe, "Contact", company_name="Engines"), "name", "full_name")


@call
def a_contact_whose_address_is_none(frappe: Any) -> Any:
    return contact(frappe, ("nonsense", 1))


# -- User, Role and Has Role


@call
def a_user(frappe: Any) -> Any:
    doc = user(frappe, "System Manager", last_name="User")
    fields = ("name", "email", "full_name", "username", "user_type", "enabled", "thread_notify")
    roles = frappe.get_all("Has Role", {"parent": doc.name, "parenttype": "User"}, pluck="role")
    contacts = frappe.get_all("Contact", {"user": doc.name}, ["name", "email_id", "full_name"])
    return [some(doc, *fields), roles, contacts]


@call
def a_user_without_roles(frappe: Any) -> Any:
    return some(user(frappe), "user_type", "document_follow_frequency", "simultaneous_sessions")


@call
def a_user_s_roles(frappe: Any) -> Any:
    doc = user(frappe)
    doc.add_roles("System Manager", "System Manager")
    first = [doc.user_type, len(doc.roles)]
    doc.remove_roles("System Manager")
    return [first, doc.user_type, len(doc.roles)]


@call
def a_user_with_a_role_that_is_none(frappe: Any) -> Any:
    return user(frappe, "Role of Nobody")


@call
def a_user_whose_address_is_none(frappe: Any) -> Any:
    return made(frappe, "User", email="nonsense", first_name="N", send_welcome_email=0)


@call
def a_user_s_phone_is_its_contact_s(frappe: Any) -> Any:
    doc = user(frappe, phone="+91 1", mobile_no="+91 2")
    return frappe.get_all("Contact", {"user": doc.name}, ["phone", "mobile_no"])


@call
def a_user_of_a_taken_username(frappe: Any) -> Any:
    user(frappe)
    doc = made(frappe, "User", email="b@example.com", first_name="New", send_welcome_email=0)
    return frappe.db.get_value("User", doc.name, "username")


@call
def a_deleted_user(frappe: Any) -> Any:
    doc = user(frappe)
    todo(frappe, allocated_to=doc.name)
    doc.delete()
    left = [frappe.db.count("ToDo", {"allocated_to": doc.name}), frappe.db.exists("User", doc.name)]
    return [left, frappe.get_all("Contact", {"email_id": doc.name}, ["name", "user"])]


@call
def a_role(frappe: Any) -> Any:
    doc = made(frappe, "Role", role_name="Stoker")
    return some(doc, "name", "desk_access", "disabled", "is_custom", "two_factor_auth")


@call
def a_disabled_role(frappe: Any) -> Any:
    role = made(frappe, "Role", role_name="Stoker")
    doc = user(frappe, "Stoker")
    role.disabled = 1
    role.save()
    return [doc.user_type, frappe.get_all("Has Role", {"role": "Stoker"})]


@call
def a_role_without_desk(frappe: Any) -> Any:
    made(frappe, "Role", role_name="Stoker", desk_access=0)
    return some(user(frappe, "Stoker"), "user_type")


# -- Address


@call
def an_address(frappe: Any) -> Any:
    doc = address(frappe, address_title="Works")
    return some(doc, "name", "country", "is_primary_address", "disabled", "state", "pincode")


@call
def addresses_of_one_title(frappe: Any) -> Any:
    return [address(frappe, address_title="Works").name for _ in range(3)]


@call
def an_address_of_a_document(frappe: Any) -> Any:
    link = {"link_doctype": "ToDo", "link_name": todo(frappe).name}
    first = address(frappe, links=[link], is_primary_address=1, is_shipping_address=1)
    second = address(frappe, links=[link], is_primary_address=1, address_title="Second")
    found = [some(each, "is_primary_address", "is_shipping_address") for each in (first, second)]
    is_named = first.name == f"{link['link_name']}-Billing"
    return [found, is_named, rows(first, "links", "link_doctype", "link_title")]


@call
def an_address_without_a_title(frappe: Any) -> Any:
    return address(frappe)


@call
def an_address_without_a_city(frappe: Any) -> Any:
    return address(frappe, address_title="Works", city=None)


@call
def an_address_of_a_type_of_its_own(frappe: Any) -> Any:
    return address(frappe, address_title="Works", address_type="Moon")


# -- Communication and Comment


def talk(frappe: Any, about: Any, **values: Any) -> Any:
    given = {
        "reference_doctype": about.doctype,
        "reference_name": about.name,
        "content": "<p>Hi</p>",
    }
    return made(frappe, "Communication", **{"subject": "Hello", **given, **values})


SAID = (
    *(
        "subject",
        "status",
        "sent_or_received",
        "communication_type",
        "communication_medium",
        "user",
    ),
    *("sender", "sender_full_name", "seen", "reference_owner", "delivery_status", "has_attachment"),
)


@call
def a_communication(frappe: Any) -> Any:
    about = todo(frappe)
    return [some(talk(frappe, about), *SAID), kept(about, "_comments")]


@call
def a_mail_of_a_contact(frappe: Any) -> Any:
    about = todo(frappe)
    contact(frappe, ("ada@example.com", 1), last_name="Byron")
    sent = {"sender": "Ada B <ada@example.com>", "sent_or_received": "Received"}
    doc = talk(frappe, about, communication_medium="Email", recipients="b@example.com", **sent)
    links = rows(doc, "timeline_links", "link_doctype", "link_name")
    return [some(doc, *SAID), links, kept(about, "_comments")]


@call
def a_sender_is_named_by_its_contact(frappe: Any) -> Any:
    contact(frappe, ("ada@example.com", 1), last_name="Byron")
    doc = talk(frappe, todo(frappe), sender="ada@example.com")
    return some(doc, "sender", "sender_full_name")


@call
def a_sender_is_named_by_its_user(frappe: Any) -> Any:
    user(frappe, last_name="User")
    doc = talk(frappe, todo(frappe), sender="new.user@example.com")
    return some(doc, "sender", "sender_full_name")


@call
def a_communication_about_nothing(frappe: Any) -> Any:
    doc = made(frappe, "Communication", content="<b>Much</b> to say")
    return some(doc, *SAID)


@call
def an_answer_to_a_communication(frappe: Any) -> Any:
    first = talk(frappe, todo(frappe), sent_or_received="Received")
    talk(frappe, first, sent_or_received="Sent")
    return some(first, "status")


@call
def a_mail_to_an_address_that_is_none(frappe: Any) -> Any:
    return talk(frappe, todo(frappe), communication_medium="Email", recipients="nonsense")


@call
def a_communication_about_a_row(frappe: Any) -> Any:
    return talk(frappe, contact(frappe, ("a@example.com", 1)).email_ids[0])


@call
def a_communication_for_later(frappe: Any) -> Any:
    return some(talk(frappe, todo(frappe), send_after="2030-01-01 00:00:00"), "delivery_status")


@call
def a_comment(frappe: Any) -> Any:
    about = todo(frappe)
    doc = about.add_comment("Comment", "Well done")
    about.add_comment("Info", "seen")
    fields = ("comment_type", "content", "comment_email", "published", "reference_doctype")
    found = [some(doc, *fields), kept(about, "_comments")]
    doc.delete()
    return [found, kept(about, "_comments"), remarks(frappe, about)]


@call
def a_comment_of_a_kind_of_its_own(frappe: Any) -> Any:
    return todo(frappe).add_comment("Shout", "Well done")


# -- File


@call
def a_file(frappe: Any) -> Any:
    doc = made(frappe, "File", file_name="fc_a_note.txt", content="text")
    fields = (
        "file_name",
        "folder",
        "is_private",
        "file_size",
        "file_type",
        "file_url",
        "is_folder",
    )
    return [some(doc, *fields), len(doc.name), doc.get_content()]


@call
def a_private_file_of_a_document(frappe: Any) -> Any:
    to = {"attached_to_doctype": "ToDo", "attached_to_name": todo(frappe).name, "is_private": 1}
    doc = made(frappe, "File", file_name="fc_b_note.txt", content="text of it", **to)
    return some(doc, "folder", "file_url", "attached_to_doctype", "attached_to_field")


@call
def a_file_without_anything(frappe: Any) -> Any:
    return made(frappe, "File")


@call
def a_remote_file(frappe: Any) -> Any:
    doc = made(frappe, "File", file_url="https://example.com/a/b.pdf")
    return some(doc, "file_name", "file_url", "folder", "file_type", "is_private")


# -- what goes with a document


@call
def a_deleted_document(frappe: Any) -> Any:
    about = todo(frappe)
    doc = talk(frappe, about)
    about.add_comment("Comment", "x")
    todo(frappe, reference_type="ToDo", reference_name=about.name)
    made(
        frappe,
        "File",
        file_url="https://example.com/x",
        attached_to_doctype="ToDo",
        attached_to_name=about.name,
    )
    about.delete()
    try:
        from frappe.model.delete_doc import delete_dynamic_links
    except ImportError:
        pass
    else:
        delete_dynamic_links("ToDo", about.name)  # Frappe's job after a deletion
    left = [frappe.db.count("ToDo", {"reference_name": about.name}), remarks(frappe, about)]
    left.append(frappe.db.count("File", {"attached_to_name": about.name}))
    return [left, some(doc, "reference_doctype", "reference_name", "status")]


# -- what a new site has


@call
def the_users_of_a_new_site(frappe: Any) -> Any:
    fields = ("enabled", "email", "full_name", "username", "user_type", "thread_notify")
    more = ("desk_theme", "simultaneous_sessions", "onboarding_status", "document_follow_frequency")
    docs = [frappe.get_doc("User", name) for name in ("Administrator", "Guest")]
    return [[some(doc, *fields, *more), sorted(row.role for row in doc.roles)] for doc in docs]


@call
def users_by_query(frappe: Any) -> Any:
    names = ["in", ["Administrator", "Guest"]]
    found = frappe.get_all("User", {"name": names}, ["name", "user_type"], order_by="name")
    has = {"parent": "Guest", "parenttype": "User"}
    return [found, frappe.db.count("Has Role", has), frappe.db.exists("User", "Guest")]


@call
def the_roles_of_a_new_site(frappe: Any) -> Any:
    roles = frappe.get_all("Role", fields=["name", "role_name", "desk_access"], order_by="name")
    return [roles, [sorted(frappe.get_roles(user)) for user in ("Administrator", "Guest")]]


@call
def the_folders_of_a_new_site(frappe: Any) -> Any:
    fields = ["name", "file_name", "folder", "is_folder", "is_home_folder", "file_url"]
    return frappe.get_all("File", {"is_folder": 1}, fields, order_by="name")


@call
def a_role_that_is_there(frappe: Any) -> Any:
    return made(frappe, "Role", role_name="Script Manager")


if __name__ == "__main__":
    import frappe

    frappe.init(sys.argv[1])
    frappe.connect()
    frappe.set_user("Administrator")
    try:
        found = answers(frappe)
    finally:
        frappe.db.rollback()
    print(json.dumps(found, indent=1, sort_keys=True))
