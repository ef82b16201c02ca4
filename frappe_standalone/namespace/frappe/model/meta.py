"""`frappe.model.meta`."""

from frappe_standalone.documents.meta import Meta, get_meta
from frappe_standalone.documents.precision import (
    get_field_currency,
    get_field_precision,
)
