# made by: python -m tests.stubs
from frappe_standalone.utils.frappedict import _dict as _dict

