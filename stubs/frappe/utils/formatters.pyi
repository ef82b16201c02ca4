# made by: python -m tests.stubs
from frappe_standalone.utils.formatters import format_value as format_value

