"""Without Frappe, what asks Redis while it works on documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from tests.unit.standalone.conftest import project_folder
from tests.unit.standalone.test_names import Write, doctype, field


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis_url: str) -> Iterator[Path]:
    """A project's folder, as in the unit tests, with a Redis."""
    environ = {
        "FRAPPE_CELERY_APPS": '["myapp"]',
        "FRAPPE_CELERY_REDIS_QUEUE": redis_url,
        "FRAPPE_CELERY_BENCH_ID": tmp_path.name,
    }
    with project_folder(tmp_path, monkeypatch):
        settings.use(Settings.load(root=tmp_path, environ=environ))
        yield tmp_path


def test_what_links_to_a_document_follows_its_name(frappe: Any, write: Write) -> None:
    doctype(write, "Item", [field("code")], autoname="field:code", allow_rename=1)
    doctype(write, "Fixed", [field("code")])
    doctype(write, "Shop", [field("best", "Link", options="Item")], issingle=1)
    links = [
        field("item", "Link", options="Item"),
        field("kind", "Link", options="DocType"),
        field("any", "Dynamic Link", options="kind"),
    ]
    doctype(write, "Sale", links)
    for code in ("a", "b"):
        frappe.get_doc({"doctype": "Item", "code": code}).insert()
    frappe.get_doc({"doctype": "Fixed", "name": "a"}).insert()
    sale = frappe.get_doc({"doctype": "Sale", "item": "a", "kind": "Item", "any": "a"}).insert()
    other = frappe.get_doc({"doctype": "Sale", "item": "b", "kind": "Fixed", "any": "a"}).insert()
    frappe.db.set_single_value("Shop", "best", "a")

    assert frappe.rename_doc("Item", "a", "A", force=True) == "A"  # of another case
    assert frappe.rename_doc("Item", "A", "c") == "c"
    assert not frappe.db.exists("Item", "a")
    assert frappe.get_doc("Item", "c").code == "c"
    sale.reload()
    other.reload()
    assert (sale.item, sale.any, other.item, other.any) == ("c", "c", "b", "a")
    assert frappe.db.get_single_value("Shop", "best") == "c"

    for arguments, words in (
        (("Item", "none", "d"), "none"),
        (("Item", "c", "b"), "Another Item with name b exists"),
        (("Item", "c", "c"), "old and new name are the same"),
    ):
        with pytest.raises(frappe.ValidationError, match=words):
            frappe.rename_doc(*arguments)
    fixed = frappe.get_doc({"doctype": "Fixed"}).insert()
    with pytest.raises(frappe.ValidationError, match="Fixed not allowed to be renamed"):
        frappe.rename_doc("Fixed", fixed.name, "d")
    assert frappe.rename_doc("Fixed", fixed.name, "d", force=True) == "d"

    assert frappe.rename_doc("Item", "c", "b", merge=True) == "b"
    sale.reload()
    assert (sale.item, sale.any) == ("b", "b")
    assert frappe.get_all("Item", pluck="name") == ["b"]


def test_a_template_does_not_reach_a_job_by_its_document(frappe: Any) -> None:
    with pytest.raises(frappe.ValidationError, match=r"RQJob\.job"):
        frappe.render_template("{{ frappe.new_doc('RQ Job').job }}")
