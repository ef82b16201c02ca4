"""`frappe.utils.logger`."""

from frappe_standalone.messages.logs import logger as get_logger
from frappe_standalone.messages.logs import set_log_level
