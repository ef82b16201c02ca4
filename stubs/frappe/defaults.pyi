# made by: python -m tests.stubs
from frappe_standalone.database.defaults import get_defaults as get_defaults
from frappe_standalone.database.defaults import get_global_default as get_global_default
from frappe_standalone.database.defaults import get_user_default as get_user_default
from frappe_standalone.database.defaults import set_global_default as set_global_default
from frappe_standalone.database.defaults import set_user_default as set_user_default

