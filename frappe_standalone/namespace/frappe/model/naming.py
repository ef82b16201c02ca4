"""`frappe.model.naming`."""

from frappe_standalone.documents.naming import (
    append_number_if_name_exists,
    get_default_naming_series,
    is_autoincremented,
    set_name_by_naming_series,
    set_name_from_naming_options,
    set_new_name,
)
from frappe_standalone.documents.series import (
    getseries,
    make_autoname,
    parse_naming_series,
    revert_series_if_last,
)
