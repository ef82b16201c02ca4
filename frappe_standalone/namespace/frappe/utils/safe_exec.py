"""`frappe.utils.safe_exec`: expressions alone."""

from frappe_standalone.utils.safe_eval import safe_eval
