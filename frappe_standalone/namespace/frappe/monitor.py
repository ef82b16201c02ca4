"""`frappe.monitor`."""

from frappe_standalone.messages.monitor import (
    add_data_to_monitor,
    get_trace_id,
    log_file,
)
