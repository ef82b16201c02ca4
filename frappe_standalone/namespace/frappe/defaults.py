"""`frappe.defaults`."""

from frappe_standalone.database.defaults import (
    get_defaults,
    get_global_default,
    get_user_default,
    set_global_default,
    set_user_default,
)
