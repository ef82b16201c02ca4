# made by: python -m tests.stubs
from frappe_standalone.messages.logs import logger as get_logger
from frappe_standalone.messages.logs import set_log_level as set_log_level

