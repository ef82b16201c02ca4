"""`frappe.utils.error`."""

from frappe_standalone.documents.error_log import log_error
