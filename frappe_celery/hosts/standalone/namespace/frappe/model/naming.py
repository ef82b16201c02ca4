"""`frappe.model.naming`."""

from frappe_celery.hosts.standalone.documents.naming import (
    make_autoname,
    revert_series_if_last,
    set_new_name,
)

__all__ = ["make_autoname", "revert_series_if_last", "set_new_name"]
