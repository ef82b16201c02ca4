# made by: python -m tests.stubs
from frappe_standalone.documents.users import get_enabled_system_users as get_enabled_system_users
from frappe_standalone.documents.users import get_fullname_and_avatar as get_fullname_and_avatar
from frappe_standalone.documents.users import get_user_fullname as get_user_fullname
from frappe_standalone.documents.users import get_users_with_role as get_users_with_role
from frappe_standalone.documents.users import is_system_user as is_system_user
from frappe_standalone.documents.users import is_website_user as is_website_user

