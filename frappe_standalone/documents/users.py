"""Users and their roles: what the documents of User, and of Has Role in each, say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frappe_standalone.database import store
from frappe_standalone.documents.meta import known_roles
from frappe_standalone.exceptions import PermissionError as NotPermitted
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks
from frappe_standalone.site.context import ADMINISTRATOR
from frappe_standalone.site.requests import GUEST
from frappe_standalone.utils.frappedict import _dict

ALL, DESK_USER = "All", "Desk User"
AUTOMATIC_ROLES = (GUEST, ALL, DESK_USER, ADMINISTRATOR)


def get_roles(username: str | None = None) -> list[str]:
    """A user's roles, those that everybody has among them; Administrator's: all that are known."""
    return roles_of(username)


def roles_of(user: str | None = None, with_standard: bool = True) -> list[str]:
    """A user's roles; `with_standard=False` leaves out those that everybody has."""
    if not with_standard:
        return [role for role in roles_of(user) if role not in AUTOMATIC_ROLES]
    user = user or local.session.user
    if not user or user == GUEST:
        return [GUEST]
    if user == ADMINISTRATOR:
        return sorted(
            {*store.names("Role", None), *known_roles(), *AUTOMATIC_ROLES, "System Manager"}
        )
    own = local.db.get_all("Has Role", {"parenttype": "User", "parent": user}, pluck="role")
    roles = [role for role in own if role not in AUTOMATIC_ROLES] + [ALL, GUEST]
    return [*roles, DESK_USER] if uses_desk(user) else roles


def only_for(roles: str | Iterable[str], message: bool = False) -> None:
    """Raises PermissionError unless the user has one of these roles, or is Administrator."""
    if local.flags.in_test or local.session.user == ADMINISTRATOR:
        return
    wanted = {roles} if isinstance(roles, str) else set(roles)
    if wanted.isdisjoint(get_roles()):
        raise NotPermitted(f"{local.session.user} has none of the roles {', '.join(wanted)}")


@lacks(
    **dict.fromkeys(("doctype", "ptype", "doc", "user", "throw"), ANY),
    **dict.fromkeys(("parent_doctype", "debug", "ignore_share_permissions"), ANY),
)
def has_permission() -> bool:
    """True: there are no permissions here."""
    return True


@lacks(doctype=ANY, user=ANY, ignore_permissions=ANY)
def only_has_select_perm() -> bool:
    """False: whoever may select here may read too."""
    return False


def get_users_with_role(role: str) -> list[str]:
    """The enabled users that have it, without Administrator."""
    holders = local.db.get_all("Has Role", {"parenttype": "User", "role": role}, pluck="parent")
    enabled = store.names("User", {"enabled": 1, "name": ["in", holders]}) if holders else []
    return [user for user in enabled if user != ADMINISTRATOR]


def uses_desk(user: str | None = None) -> bool:
    """Whether a user is a System User (`frappe.permissions.is_system_user`)."""
    return bool(_type_of(user or local.session.user) == "System User")


def is_website_user(username: str | None = None) -> bool:
    """Whether a user may not use Desk."""
    return bool(_type_of(username or local.session.user) == "Website User")


def is_system_user(username: str | None = None) -> Any:
    """The name of an enabled user of Desk, by its email; None when there is none."""
    wanted = {"email": username or local.session.user, "enabled": 1, "user_type": "System User"}
    return local.db.get_value("User", wanted, "name")


def get_fullname_and_avatar(user: str) -> _dict:
    """A user's `fullname`, `avatar` and `name`."""
    found = _user(user, "first_name", "last_name", "user_image")
    names = filter(None, (found.first_name, found.last_name))
    return _dict(fullname=" ".join(names), avatar=found.user_image, name=user)


def get_user_fullname(user: str) -> str:
    """First and last name; '' for a user that is not there."""
    return str(get_fullname_and_avatar(user).fullname)


def name_of(user: str | None) -> str:
    """A user's full name; the user where none is kept."""
    return str((user and local.db.get_value("User", user, "full_name")) or user or "")


def get_user_info_for_avatar(user_id: str) -> dict[str, Any]:
    """A user's `email`, `image` and `name`."""
    found = _user(user_id, "email", "user_image", "full_name")
    return {
        "email": found.email or user_id,
        "image": found.user_image or "",
        "name": found.full_name or user_id,
    }


def _user(name: str, *fields: str) -> _dict:
    return _dict(local.db.get_value("User", name, list(fields), as_dict=True) or {})


def _type_of(user: str) -> Any:
    return local.db.get_value("User", user, "user_type")
