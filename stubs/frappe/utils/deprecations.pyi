# made by: python -m tests.stubs
from frappe_standalone.utils.deprecation import deprecated as deprecated

