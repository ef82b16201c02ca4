"""What SQLite alone does."""

from dataclasses import replace
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.errors import NeedsFrappeSite


def test_what_a_template_s_select_calls_writes_nothing(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Memo", "name": "a"}).insert()
    frappe.db.commit()
    made = frappe.db._open(write=False).connection
    made.create_function("forget", 0, lambda: made.execute("delete from tabMemo").rowcount)
    settings.use(replace(settings.current(), frappe_celery_sql_functions=["forget"]))
    with pytest.raises(NeedsFrappeSite, match="raised exception"):
        frappe.render_template("{{ frappe.db.sql('select forget()') }}")
    assert frappe.db.count("Memo") == 1
    frappe.get_doc({"doctype": "Memo", "name": "b"}).insert()
    assert frappe.db.sql("select forget()") == ((2,),)
