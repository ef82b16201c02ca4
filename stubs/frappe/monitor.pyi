# made by: python -m tests.stubs
from frappe_standalone.messages.monitor import add_data_to_monitor as add_data_to_monitor
from frappe_standalone.messages.monitor import get_trace_id as get_trace_id
from frappe_standalone.messages.monitor import log_file as log_file

