# made by: python -m tests.stubs
from frappe_standalone.documents.users import AUTOMATIC_ROLES as AUTOMATIC_ROLES
from frappe_standalone.documents.users import get_roles as get_roles
from frappe_standalone.documents.users import uses_desk as is_system_user

