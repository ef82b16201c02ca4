# made by: python -m tests.stubs
from frappe_standalone.namespace.frappe.model import attachment_fieldtypes as attachment_fieldtypes
from frappe_standalone.namespace.frappe.model import child_table_fields as child_table_fields
from frappe_standalone.namespace.frappe.model import data_fieldtypes as data_fieldtypes
from frappe_standalone.namespace.frappe.model import datetime_fields as datetime_fields
from frappe_standalone.namespace.frappe.model import default_fields as default_fields
from frappe_standalone.namespace.frappe.model import display_fieldtypes as display_fieldtypes
from frappe_standalone.namespace.frappe.model import float_like_fields as float_like_fields
from frappe_standalone.namespace.frappe.model import no_value_fields as no_value_fields
from frappe_standalone.namespace.frappe.model import numeric_fieldtypes as numeric_fieldtypes
from frappe_standalone.namespace.frappe.model import optional_fields as optional_fields
from frappe_standalone.namespace.frappe.model import table_fields as table_fields

