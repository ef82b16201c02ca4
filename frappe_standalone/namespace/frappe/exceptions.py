"""`frappe.exceptions`."""

from frappe_standalone.exceptions import *
