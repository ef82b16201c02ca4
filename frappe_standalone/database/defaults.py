"""`frappe.defaults`: values kept for a user, or for everybody where the user has none."""

from __future__ import annotations

from typing import Any

from frappe_standalone.database import store
from frappe_standalone.local import local

GLOBAL = "__default"


def get_user_default(key: str, user: str | None = None) -> Any:
    """The user's value, else the global one."""
    own = store.get_default(key, user or local.session.user)
    return get_global_default(key) if own is None else own


def get_defaults(user: str | None = None) -> dict[str, Any]:
    """All values of a user, and of everybody where the user has none."""
    user = user or local.session.user
    kept: dict[str, dict[str, Any]] = local.cache.setdefault(store.DEFAULTS, {})
    if user not in kept:
        own = {"parent": ["in", [GLOBAL, user]]}
        rows = store.select("DefaultValue", own, fields=["parent", "defkey", "defvalue"])
        rows.sort(key=lambda row: row["parent"] != GLOBAL)
        kept[user] = {row["defkey"]: row["defvalue"] for row in rows}
    return kept[user]


def set_user_default(
    key: str, value: Any, user: str | None = None, parenttype: str | None = None
) -> None:
    """Keep a value for a user."""
    store.set_default(key, value, user or local.session.user)


def get_global_default(key: str) -> Any:
    """The default that counts for every user."""
    return store.get_default(key, GLOBAL)


def set_global_default(key: str, value: Any) -> None:
    """Keep a default that counts for every user."""
    store.set_default(key, value, GLOBAL)
