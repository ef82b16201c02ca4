# made by: python -m tests.stubs
from frappe_standalone.namespace.frappe.utils.telemetry import capture as capture
from frappe_standalone.namespace.frappe.utils.telemetry import flush_telemetry as flush_telemetry
from frappe_standalone.namespace.frappe.utils.telemetry import init_telemetry as init_telemetry
from frappe_standalone.namespace.frappe.utils.telemetry import is_enabled as is_enabled
from frappe_standalone.namespace.frappe.utils.telemetry import is_pulse_enabled as is_pulse_enabled

