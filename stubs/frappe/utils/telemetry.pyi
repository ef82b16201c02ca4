# made by: python -m tests.stubs
from frappe_standalone.messages.telemetry import capture as capture
from frappe_standalone.messages.telemetry import flush_telemetry as flush_telemetry
from frappe_standalone.messages.telemetry import init_telemetry as init_telemetry
from frappe_standalone.messages.telemetry import is_enabled as is_enabled
from frappe_standalone.messages.telemetry import is_pulse_enabled as is_pulse_enabled

