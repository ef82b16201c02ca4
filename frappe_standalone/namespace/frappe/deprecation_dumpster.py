"""`frappe.deprecation_dumpster`."""

from frappe_standalone.utils.deprecation import (
    Color,
    FrappeDeprecationError,
    FrappeDeprecationWarning,
    PendingFrappeDeprecationWarning,
    _deprecated,
    colorize,
    deprecation_warning,
)
