# made by: python -m tests.stubs
from frappe_standalone.utils.deprecation import Color as Color
from frappe_standalone.utils.deprecation import FrappeDeprecationError as FrappeDeprecationError
from frappe_standalone.utils.deprecation import FrappeDeprecationWarning as FrappeDeprecationWarning
from frappe_standalone.utils.deprecation import PendingFrappeDeprecationWarning as PendingFrappeDeprecationWarning
from frappe_standalone.utils.deprecation import _deprecated as _deprecated
from frappe_standalone.utils.deprecation import colorize as colorize
from frappe_standalone.utils.deprecation import deprecation_warning as deprecation_warning

