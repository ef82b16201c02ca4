"""Names of Frappe's around documents: files, passwords, users, renaming, mapping, templates."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_standalone.documents.tables import make_all

Write = Callable[..., Path]


def doctype(write: Write, name: str, fields: list[dict[str, Any]], **options: Any) -> None:
    """Describe a doctype in the app."""
    scrubbed = name.lower().replace(" ", "_")
    said = {"doctype": "DocType", "name": name, "fields": fields, **options}
    write(f"myapp/main/doctype/{scrubbed}/{scrubbed}.json", json.dumps(said))
    write("myapp/modules.txt", "Main\n")


def field(name: str, kind: str = "Data", **options: Any) -> dict[str, Any]:
    return {"fieldname": name, "fieldtype": kind, **options}


# -- passwords


def test_a_password_lies_encrypted_apart_from_its_document(frappe: Any, write: Write) -> None:
    from frappe.utils.password import get_decrypted_password

    doctype(write, "Account", [field("user"), field("api_secret", "Password")])
    doc = frappe.get_doc({"doctype": "Account", "api_secret": "s3cret"}).insert()
    assert doc.api_secret == "******"
    again = frappe.get_doc("Account", doc.name)
    assert again.api_secret == "******"
    assert again.get_password("api_secret") == "s3cret"
    again.user = "me"
    again.save()
    assert get_decrypted_password("Account", doc.name, "api_secret") == "s3cret"
    kept = frappe.get_all("__Auth", fields=["password"])
    assert len(kept) == 1
    assert "s3cret" not in kept[0].password
    again.delete()
    assert frappe.get_all("__Auth") == []
    with pytest.raises(frappe.ValidationError, match="Password not found for Account"):
        get_decrypted_password("Account", doc.name, "api_secret")
    assert get_decrypted_password("Account", doc.name, "api_secret", False) is None


def test_a_password_of_a_row_lies_apart_too(frappe: Any, write: Write) -> None:
    from frappe.utils.password import get_decrypted_password

    doctype(write, "Login", [field("user"), field("secret", "Password")], istable=1)
    doctype(write, "Account", [field("logins", "Table", options="Login")])
    doc = frappe.get_doc({"doctype": "Account", "logins": [{"secret": "one"}]}).insert()
    doc.append("logins", {"secret": "three"})
    doc.save()
    rows = frappe.get_all("Login", fields=["name", "secret"], order_by="idx asc")
    assert [row.secret for row in rows] == ["***", "*****"]
    secrets = [get_decrypted_password("Login", row.name, "secret") for row in rows]
    assert secrets == ["one", "three"]


def test_a_password_goes_with_its_document_also_without_on_trash(frappe: Any, write: Write) -> None:
    doctype(write, "Account", [field("secret", "Password")])
    doc = frappe.get_doc({"doctype": "Account", "secret": "s3cret"}).insert()
    frappe.delete_doc("Account", doc.name, ignore_on_trash=True)
    assert frappe.get_all("__Auth") == []


def test_a_password_follows_the_sites_key(frappe: Any) -> None:
    from cryptography.fernet import Fernet
    from frappe.utils.password import decrypt, encrypt, set_encrypted_password

    ours = encrypt("x")
    key = Fernet.generate_key().decode()
    frappe.local.conf.encryption_key = key
    assert Fernet(key).decrypt(encrypt("y").encode()) == b"y"
    set_encrypted_password("Account", "a", "z", "api_secret")
    with pytest.raises(frappe.ValidationError, match=r"Account\.a\.x was encrypted with another"):
        decrypt(ours, key="Account.a.x")
    frappe.local.conf.encryption_key = "short"
    with pytest.raises(frappe.ValidationError, match="invalid format"):
        encrypt("x")


def test_passwords_are_read_while_the_projects_key_is_exchanged(frappe: Any, root: Path) -> None:
    from frappe.utils.password import get_decrypted_password, set_encrypted_password

    def read_anew() -> None:
        settings.use(Settings.load(root=root, environ={"FRAPPE_CELERY_APPS": '["myapp"]'}))

    set_encrypted_password("Account", "a", "s3cret", "api_secret")
    settings.current().keys.rotate()
    read_anew()
    assert get_decrypted_password("Account", "a", "api_secret") == "s3cret"


# -- files


def test_a_files_content_lies_in_the_sites_folder(frappe: Any) -> None:
    from frappe.utils.file_manager import get_file, save_file

    doc = save_file("note.txt", "text é", "Order", "A-1", is_private=1)
    assert (doc.file_url, doc.attached_to_name) == ("/private/files/note.txt", "A-1")
    assert doc.file_size == len("text é".encode())
    assert frappe.get_doc("File", doc.name).get_content() == "text é"
    assert get_file("note.txt") == ["note.txt", "text é"]
    assert Path(doc.get_full_path()).read_bytes() == "text é".encode()
    assert Path(doc.get_full_path()).is_relative_to(frappe.get_site_path())
    same = save_file("again.txt", "text é", "Order", "A-2", is_private=1)
    assert same.file_url == doc.file_url  # one content is there once
    other = save_file("note.txt", base64.b64encode(b"\x89\xff"), "Order", "A-1", decode=True)
    assert Path(other.get_full_path()).read_bytes() == b"\x89\xff"
    assert other.get_content() == b"\x89\xff".decode("windows-1250")
    assert other.get_content(encodings=["utf-8"]) == b"\x89\xff"
    assert other.file_name == f"note{other.content_hash[-6:]}.txt"


def test_a_file_goes_with_its_last_document_and_its_transaction(frappe: Any) -> None:
    first = frappe.get_doc({"doctype": "File", "file_name": "a.txt", "content": "x"}).insert()
    second = frappe.get_doc({"doctype": "File", "file_name": "b.txt", "content": "x"}).insert()
    path = first.get_full_path()
    frappe.db.commit()
    first.delete()
    frappe.db.commit()
    assert os.path.exists(path)
    second.delete()
    assert os.path.exists(path)
    frappe.db.commit()
    assert not os.path.exists(path)
    third = frappe.get_doc({"doctype": "File", "file_name": "c.txt", "content": "y"}).insert()
    assert third.exists_on_disk()
    frappe.db.rollback()
    assert not third.exists_on_disk()


def test_a_link_to_a_file_does_not_take_it_away(frappe: Any) -> None:
    doc = frappe.get_doc({"doctype": "File", "file_name": "a.txt", "content": "x"}).insert()
    link = {"doctype": "File", "file_name": "a.txt", "file_url": doc.file_url}
    frappe.get_doc(link).insert().delete()
    frappe.db.commit()
    assert doc.get_content() == "x"


def test_a_file_is_there_and_has_a_type(frappe: Any) -> None:
    doc = frappe.get_doc({"doctype": "File", "file_name": "a.txt", "content": "x"}).insert()
    assert doc.reload().file_type == "TXT"
    for place in ({"file_url": "/files/none.txt"}, {"file_name": "none.txt"}):
        with pytest.raises(OSError, match=r"none\.txt does not exist"):
            frappe.get_doc({"doctype": "File", **place}).insert()
    away = frappe.get_doc({"doctype": "File", "file_url": "https://x.example/a.png"}).insert()
    assert (away.file_name, away.file_type) == ("a.png", "PNG")
    folder = {"doctype": "File", "file_name": "Plans", "is_folder": 1}
    assert frappe.get_doc(folder).insert().name == "Home/Plans"
    below = frappe.get_doc({**folder, "folder": "Home/Plans"}).insert()
    assert below.name == "Home/Plans/Plans"


def test_an_overwritten_file_is_there_again_after_a_rollback(frappe: Any) -> None:
    doc = frappe.get_doc({"doctype": "File", "file_name": "a.txt", "content": "old"}).insert()
    frappe.db.commit()
    for content in ("new", "newer"):
        doc.save_file(content=content, overwrite=True)
        assert doc.get_content() == content
    frappe.db.rollback()
    assert doc.get_content() == "old"
    doc.save_file(content="kept", overwrite=True)
    frappe.db.commit()
    doc.save_file(content="gone", overwrite=True)
    frappe.db.rollback()
    assert doc.get_content() == "kept"


def test_a_file_lies_nowhere_else(frappe: Any) -> None:
    from frappe.utils.file_manager import get_file_path, is_safe_path, save_file

    with pytest.raises(frappe.ValidationError, match="Cannot access file path"):
        get_file_path("/files/../../../../etc/passwd")
    assert not is_safe_path("/etc/passwd")
    frappe.local.conf.max_file_size = 3
    with pytest.raises(frappe.ValidationError, match="maximum allowed size"):
        save_file("big.txt", "1234", None, None)
    with pytest.raises(frappe.MandatoryError):
        frappe.get_doc({"doctype": "File", "content": "x"}).insert()


def test_an_apps_hook_keeps_files_elsewhere(frappe: Any, write: Write) -> None:
    write(
        "myapp/store.py",
        """
        kept = {}
        def write_file(doc):
            kept[doc.file_name] = doc._content
            doc.file_url = "https://store.example/" + doc.file_name
        """,
    )
    write("myapp/hooks.py", 'write_file = "myapp.store.write_file"\n')
    doc = frappe.get_doc({"doctype": "File", "file_name": "a.txt", "content": "x"}).insert()
    assert doc.file_url == "https://store.example/a.txt"
    from myapp.store import kept

    assert kept == {"a.txt": b"x"}


# -- users


def test_roles_are_those_that_documents_give(frappe: Any) -> None:
    from frappe.utils.user import get_users_with_role, is_system_user, is_website_user

    for role, has_desk in (("Accountant", 1), ("Client", 0)):
        frappe.get_doc({"doctype": "Role", "role_name": role, "desk_access": has_desk}).insert()
    for name, role, enabled in (("a", "Accountant", 1), ("b", "Client", 1), ("c", "Client", 0)):
        user = {"doctype": "User", "email": f"{name}@x.com", "first_name": name.upper()}
        frappe.get_doc({**user, "enabled": enabled, "roles": [{"role": role}]}).insert()
    assert sorted(frappe.get_roles("a@x.com")) == ["Accountant", "All", "Desk User", "Guest"]
    assert sorted(frappe.get_roles("b@x.com")) == ["All", "Client", "Guest"]
    assert frappe.get_roles("Guest") == ["Guest"]
    frappe.only_for("Nobody")  # Administrator may
    frappe.set_user("a@x.com")
    frappe.only_for(["Accountant", "Nobody"])
    with pytest.raises(frappe.PermissionError, match=r"a@x\.com has none of the roles Nobody"):
        frappe.only_for("Nobody")
    frappe.set_user("Administrator")
    assert get_users_with_role("Client") == ["b@x.com"]
    assert is_website_user("b@x.com")
    assert (is_system_user("a@x.com"), is_system_user("b@x.com")) == ("a@x.com", None)
    assert frappe.utils.get_user_info_for_avatar("a@x.com")["name"] == "A"
    assert frappe.utils.get_user_info_for_avatar("z@x.com")["name"] == "z@x.com"


# -- names


def test_a_number_is_put_behind_a_name_that_is_taken(frappe: Any) -> None:
    from frappe.model.naming import append_number_if_name_exists

    assert append_number_if_name_exists("Memo", "a") == "a"
    for name in ("a", "a-1", "a-9", "a-10", "a-x"):
        frappe.get_doc({"doctype": "Memo", "name": name}).insert()
    assert append_number_if_name_exists("Memo", "a") == "a-11"


def test_naming_options(frappe: Any, write: Write) -> None:
    from frappe.model.naming import parse_naming_series, set_name_from_naming_options

    series = field("naming_series", "Select", options="\nORD-.#####\nX-.##")
    doctype(write, "Order", [series, field("title", label="Title")])
    doc = frappe.get_doc({"doctype": "Order", "title": "one"})
    for option, name in (
        ("field:title", "one"),
        ("naming_series:", "ORD-00001"),
        ("format:O-{title}-{###}", "O-one-001"),
        ("B-.##", "B-01"),
    ):
        doc.name = None
        set_name_from_naming_options(option, doc)
        assert doc.name == name
    doc.title = ""
    with pytest.raises(frappe.ValidationError, match="Title is required"):
        set_name_from_naming_options("field:title", doc)
    assert parse_naming_series("A-.###", number_generator=lambda key, digits: key + "1") == "A-A-1"
    week = frappe.utils.now_datetime().strftime("%V")
    assert parse_naming_series("W.WW.-.title.-.color.-", doc=doc)[1:] in (
        f"{each}-{doc.title}-color-" for each in (week, "00", "53")
    )


def test_a_new_document_is_named_as_its_doctype_says(frappe: Any, write: Write) -> None:
    series = field("naming_series", "Select", options="\nORD-.#####\nX-.##")
    doctype(write, "Order", [field("title"), series], autoname="naming_series:")
    doctype(write, "Chosen", [field("title")], autoname="Prompt")
    assert frappe.get_doc({"doctype": "Order"}).insert().name == "ORD-00001"
    second = frappe.get_doc({"doctype": "Order", "naming_series": "X-.##"}).insert()
    assert (second.name, second.naming_series) == ("X-01", "X-.##")
    with pytest.raises(frappe.ValidationError, match="set the document name"):
        frappe.get_doc({"doctype": "Chosen", "title": "a"}).insert()


def test_a_document_is_made_of_another(frappe: Any, write: Write) -> None:
    from frappe.model.mapper import get_mapped_doc

    rows = [field("item"), field("qty", "Float"), field("order_row")]
    doctype(write, "Order Item", rows, istable=1)
    doctype(write, "Bill Item", rows, istable=1)
    table = field("items", "Table", options="Order Item")
    doctype(write, "Order", [field("customer"), field("note", no_copy=1), field("status"), table])
    lines = field("lines", "Table", options="Bill Item")
    order_link = field("order", "Link", options="Order")
    doctype(write, "Bill", [field("customer"), field("note"), field("ref"), order_link, lines])
    order = frappe.get_doc(
        {
            "doctype": "Order",
            "customer": "c",
            "note": "n",
            "status": "Open",
            "items": [{"item": "a", "qty": 1}, {"item": "b", "qty": 0}],
        }
    ).insert()
    maps = {
        "Order": {
            "doctype": "Bill",
            "field_map": {"name": "ref"},
            "validation": {"status": ["=", "Open"]},
        },
        "Order Item": {
            "doctype": "Bill Item",
            "field_map": [["name", "order_row"]],
            "condition": lambda row: row.qty,
        },
    }
    bill = get_mapped_doc("Order", order.name, maps)
    assert (bill.doctype, bill.customer, bill.note, bill.ref) == ("Bill", "c", None, order.name)
    assert bill.order == order.name
    assert [(row.item, row.qty, row.idx) for row in bill.lines] == [("a", 1, 1)]
    order.status = "Closed"
    order.save()
    with pytest.raises(frappe.ValidationError, match="status=Open"):
        get_mapped_doc("Order", order.name, maps)


def test_what_differs_between_two_documents(frappe: Any, write: Write) -> None:
    from frappe.core.doctype.version.version import get_diff

    doctype(write, "Row", [field("n", "Int")], istable=1)
    doctype(write, "Sheet", [field("title"), field("rows", "Table", options="Row")])
    old = frappe.get_doc({"doctype": "Sheet", "title": "a", "rows": [{"name": "r", "n": 1}]})
    new = frappe.copy_doc(old)
    assert get_diff(old, old) is None
    new.title, new.rows = "b", []
    new.append("rows", {"name": "r", "n": 2})
    new.append("rows", {"name": "s", "n": 3})
    diff = get_diff(old, new)
    assert ("title", "a", "b") in diff.changed
    assert diff.row_changed == [("rows", 0, "r", [("n", 1, 2)])]
    assert [field for field, _ in diff.added] == ["rows"]


def test_how_many_decimals_a_field_has(frappe: Any, write: Write) -> None:
    rows = [field("rate", "Currency", options="currency"), field("qty", "Float")]
    doctype(write, "Line", rows, istable=1)
    company = field("base", "Currency", options="Company:company:currency")
    fixed, table = field("fixed", "Float", precision="5"), field("lines", "Table", options="Line")
    names = [field("currency"), field("company"), company, fixed, table]
    doctype(write, "Invoice", [*names, field("total", "Currency", options="currency")])
    doctype(write, "Currency", [field("number_format")])
    for name, form in (("JPY", "#,###"), ("KWD", "#,###.###")):
        frappe.get_doc({"doctype": "Currency", "name": name, "number_format": form}).insert()
    frappe.get_doc({"doctype": "Company", "name": "c", "currency": "KWD"}).insert()
    frappe.db.set_single_value("System Settings", "use_number_format_from_currency", 1)
    line = {"rate": 1, "qty": 1}
    doc = {"doctype": "Invoice", "currency": "JPY", "company": "c", "lines": [line]}
    doc = frappe.get_doc(doc).insert()
    assert [doc.precision(name) for name in ("total", "base", "fixed", "company")] == [
        0,
        3,
        5,
        None,
    ]
    assert (doc.precision("qty", "lines"), doc.precision("rate", doc.lines[0])) == (3, 0)
    assert doc.lines[0].precision("rate") == 0
    assert frappe.get_precision("Invoice", "total") == 2
    assert frappe.get_precision("Invoice", "total", currency="KWD") == 3
    frappe.db.set_default("float_precision", 4)
    frappe.db.set_default("currency_precision", 6)
    assert frappe.get_precision("Line", "qty") == 4
    assert frappe.get_precision("Invoice", "total") == 6
    assert "_precision" not in doc.as_dict()


# -- templates and expressions


def test_templates_of_text_and_of_apps(frappe: Any, write: Write) -> None:
    write("myapp/templates/hello.html", "Hello {{ name }}, {{ frappe.utils.cint('3') }}")
    write("myapp/jinja_helpers.py", "def shout(text):\n    return text.upper()\n")
    write(
        "myapp/hooks.py",
        'jinja = {"methods": ["myapp.jinja_helpers"], "filters": ["myapp.jinja_helpers.shout"]}\n',
    )
    assert (
        frappe.render_template("{{ a|len }} {{ shout('x') }}{{ 'y'|shout }}", {"a": [1]}) == "1 XY"
    )
    assert frappe.render_template("templates/hello.html", {"name": "A"}) == "Hello A, 3"
    assert frappe.render_template("myapp/templates/hello.html", {"name": "A"}) == "Hello A, 3"
    assert frappe.render_template("", {}) == ""
    with pytest.raises(frappe.ValidationError, match="Jinja Template Error"):
        frappe.render_template("{{ a", {})
    with pytest.raises(frappe.ValidationError, match="Illegal template"):
        frappe.render_template("{{ a.__class__ }}", {"a": 1})
    frappe.utils.jinja.validate_template("{{ a }}")
    with pytest.raises(frappe.ValidationError, match="Syntax error in template"):
        frappe.utils.jinja.validate_template("{% if %}")


def test_an_expression_finds_what_it_is_given_and_nothing_else(frappe: Any) -> None:
    assert (
        frappe.safe_eval("a + round(2.4) + b['x'] + b.x", {"a": 1}, {"b": frappe._dict(x=2)}) == 7
    )
    assert frappe.safe_eval("[x for x in a if x > 1]", None, {"a": [1, 2]}) == [2]
    for code in ("__import__('os')", "a.__class__", "(a := 1)", "a.gi_frame", "'{}'.format(1)"):
        with pytest.raises((SyntaxError, NameError)):
            frappe.safe_eval(code, {"a": 1})


# -- small ones


def test_texts_lists_and_dates(frappe: Any) -> None:
    from frappe.core.utils import find, find_all
    from frappe.utils import data

    u = frappe.utils
    rows = [{"n": 1}, {"n": 2}, {"n": 2}]
    assert find(rows, lambda row: row["n"] == 2) is rows[1]
    assert find(rows, lambda row: row["n"] == 3) is None
    assert len(find_all(rows, lambda row: row["n"] == 2)) == 2
    assert u.has_common([1, 2], [2]) == {2}
    assert u.validate_url("https://a.example", valid_schemes="https")
    assert not u.validate_url("https://a.example", valid_schemes=["http"])
    with pytest.raises(frappe.ValidationError, match="not a valid URL"):
        u.validate_url("a", throw=True)
    assert u.validate_phone_number("+31 (0)20-1234")
    with pytest.raises(frappe.InvalidPhoneNumberError):
        u.validate_phone_number("abc", throw=True)
    assert u.get_abbr("Jenny Jane Doe") == "JJ"
    assert u.get_table_name("Memo", True) == "`tabMemo`"
    assert u.get_quarter_ending("2026-05-02", as_str=True) == "2026-06-30"
    assert u.format_timedelta(data.datetime.timedelta(hours=25, seconds=4.5)) == "25:00:4.5"
    assert data.get_timespan_date_range("today") == (u.getdate(), u.getdate())
    assert data.get_timespan_date_range("last 7 days")[1] == u.getdate()
    assert data.get_timespan_date_range("next month")[0].day == 1
    assert u.csvutils.read_csv_content(u.csvutils.to_csv([["a", 1], ["", "é"]])) == [
        ["a", "1"],
        [None, "é"],
    ]


@pytest.mark.parametrize("package", ["markdown2", "phonenumbers", "num2words"])
def test_a_package_that_a_name_needs_is_named(frappe: Any, package: str) -> None:
    use = {
        "markdown2": lambda: frappe.utils.md_to_html("# a"),
        "num2words": lambda: frappe.utils.money_in_words(5, "EUR"),
        "phonenumbers": lambda: frappe.utils.validate_phone_number_with_country_code("+1", "f"),
    }
    try:
        __import__(package)
    except ImportError:
        with pytest.raises(ImportError, match=f"needs the package {package}.*pip install"):
            use[package]()


def test_what_a_request_would_limit_runs_in_a_job(frappe: Any) -> None:
    from frappe.rate_limiter import rate_limit

    @frappe.whitelist()
    @rate_limit(limit=1, seconds=60)
    def send(a: int) -> int:
        return a

    assert [send(1), send(a=2)] == [1, 2]

    @frappe.validate_and_sanitize_search_inputs
    def query(doctype: str, txt: str, searchfield: str, start: int, page_len: int) -> Any:
        return start, page_len

    assert query("Memo", "", "title", "0", "20") == (0, 20)
    with pytest.raises(frappe.DataError):
        query("Memo", "", "a; drop", 0, 20)


def test_what_frappe_keeps_on_local(frappe: Any) -> None:
    from frappe_celery.errors import NeedsFrappeSite

    assert frappe.local.dev_server == 0
    assert frappe.local.site_name == frappe.local.site
    assert frappe.local.request_ip is None
    with pytest.raises(NeedsFrappeSite, match=r"frappe\.local\.role_permissions needs"):
        _ = frappe.local.role_permissions
    assert not hasattr(frappe.local, "role_permissions")
    with pytest.raises(AttributeError, match="nothing set it on this site"):
        _ = frappe.local.mine


# -- another site


class Site(BaseHTTPRequestHandler):
    """Answers as a Frappe site does."""

    asked: list[tuple[str, str, str]]

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.asked.append((self.command, self.path, self.rfile.read(length).decode()))
        answer = {"data": {"name": "a"}} if "/api/resource/" in self.path else {"message": "pong"}
        if "bad" in self.path:
            answer = {"exc": json.dumps(["Traceback: no"])}
        body = json.dumps(answer).encode()
        self.send_response(404 if "broken" in self.path else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked = []
    server = HTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_client_asks_another_site(frappe: Any, site: str) -> None:
    pytest.importorskip("requests")
    from frappe.frappeclient import FrappeClient, FrappeException

    client = FrappeClient(site, api_key="k", api_secret="s")
    assert client.headers["Authorization"] == "Basic " + base64.b64encode(b"k:s").decode()
    assert client.get_api("frappe.ping") == "pong"
    assert client.get_doc("Memo", "a") == {"name": "a"}
    assert client.insert({"doctype": "Memo", "title": "x"}).name == "a"
    assert client.post_request({"cmd": "frappe.client.delete", "filters": {"a": 1}}) == "pong"
    with pytest.raises(FrappeException, match="Traceback: no"):
        client.get_api("bad")
    methods = [(verb, path.partition("?")[0]) for verb, path, _ in Site.asked]
    assert methods[:3] == [
        ("GET", "/api/method/frappe.ping"),
        ("GET", "/api/resource/Memo/a"),
        ("POST", "/api/resource/Memo"),
    ]
    assert parse_qs(Site.asked[3][2])["filters"] == ['{"a": 1}']


def test_a_service_is_asked_and_its_error_logged(frappe: Any, site: str) -> None:
    requests = pytest.importorskip("requests")
    from frappe.integrations.utils import make_get_request, make_post_request

    assert make_get_request(f"{site}/api", params={"a": 1}) == {"message": "pong"}
    assert make_post_request(f"{site}/api", json={"a": 1}) == {"message": "pong"}
    assert [verb for verb, *_ in Site.asked] == ["GET", "POST"]
    with pytest.raises(requests.HTTPError):
        make_get_request(f"{site}/broken")
    assert "HTTPError" in frappe.get_last_doc("Error Log").error


def test_hooks_are_called_by_name(frappe: Any, write: Write) -> None:
    write("myapp/found.py", "def nothing(a): return None\ndef double(a): return 2 * a\n")
    write("myapp/hooks.py", 'ask = ["myapp.found.nothing", "myapp.found.double"]\n')
    assert frappe.utils.call_hook_method("ask", a=2) == 4
    assert frappe.utils.get_hook_method("ask")(1) is None
    assert frappe.utils.get_hook_method("other", len) is len


def test_the_document_that_another_refers_to(frappe: Any) -> None:
    from frappe.core.utils import get_parent_doc

    frappe.get_doc({"doctype": "Task", "name": "t"}).insert()
    refers = {"reference_doctype": "Task", "reference_name": "t"}
    assert get_parent_doc(frappe.get_doc({"doctype": "Communication", **refers})).name == "t"
    assert get_parent_doc(frappe.get_doc({"doctype": "Communication"})) is None


def test_permissions_and_caches_that_are_not_here_stand_in_no_way(frappe: Any) -> None:
    assert not frappe.only_has_select_perm("Task")
    frappe.clear_document_cache("Task", "t")


def test_a_user_and_a_role_of_an_app_s_own_have_no_rows_of_frappe_s(
    frappe: Any, write: Write
) -> None:
    for name in ("User", "Role"):
        doctype(write, name, [field("label")], module="Crew", permissions=[{"role": "Navigator"}])
    make_all(frappe.local.site)
    assert (frappe.get_all("User"), frappe.get_all("Role")) == ([], [])
