"""`frappe.utils.logger`."""

from frappe_celery.hosts.standalone.logs import logger as get_logger
from frappe_celery.hosts.standalone.logs import set_log_level

__all__ = ["get_logger", "set_log_level"]
