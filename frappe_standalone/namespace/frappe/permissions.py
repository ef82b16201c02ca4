"""`frappe.permissions`: roles alone; there are no permissions here."""

from frappe_standalone.documents.users import AUTOMATIC_ROLES, get_roles
from frappe_standalone.documents.users import uses_desk as is_system_user
