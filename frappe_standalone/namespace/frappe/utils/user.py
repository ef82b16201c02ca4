"""`frappe.utils.user`."""

from frappe_standalone.documents.users import (
    get_enabled_system_users,
    get_fullname_and_avatar,
    get_user_fullname,
    get_users_with_role,
    is_system_user,
    is_website_user,
)
