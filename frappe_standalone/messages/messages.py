"""`frappe.throw`, `msgprint`, `_`: what is said to the user, kept in `frappe.message_log`."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks
from frappe_standalone.utils.frappedict import _dict


def _(msg: Any, lang: str | None = None, context: str | None = None) -> Any:
    """The text as it is: there are no translations here."""
    return msg


_lt = _


@lacks(allow_dangerous_html=ANY)
def msgprint(
    msg: Any,
    title: str | None = None,
    raise_exception: bool | type[Exception] | Exception = False,
    as_table: bool = False,
    as_list: bool = False,
    indicator: str | None = None,
    alert: bool = False,
    primary_action: Mapping[str, Any] | None = None,
    is_minimizable: bool = False,
    wide: bool = False,
    *,
    realtime: bool = False,
) -> None:
    """Note a message for the user; with `raise_exception` raise it, as ValidationError."""
    if not local.flags.mute_messages:
        shown: dict[str, Any] = {"wide": wide, "alert": int(alert)}
        if settings.current().frappe_version < 16:
            shown |= {"as_table": int(as_table), "as_list": int(as_list)}
        shown |= {"indicator": indicator or ("red" if raise_exception else None)}
        shown |= {"primary_action": primary_action, "is_minimizable": is_minimizable}
        shown |= {"raise_exception": 1 if raise_exception else 0}
        message = _dict(message=msg, title=title or "Message")
        message.update({name: value for name, value in shown.items() if value})
        if isinstance(msg, Sequence) and "as_list" not in shown:
            message.update({"as_list": as_list} if as_list else {"as_table": as_table})
        if realtime:
            from frappe_standalone.messages.realtime import publish_realtime

            publish_realtime("msgprint", message)
        else:
            local.message_log.append(message)
    if not raise_exception:
        return
    if isinstance(raise_exception, Exception):
        raise_exception.args = (msg,)
        raise raise_exception
    if inspect.isclass(raise_exception) and issubclass(raise_exception, Exception):
        raise raise_exception(msg)
    raise ValidationError(msg)


@lacks(allow_dangerous_html=ANY)
def throw(
    msg: Any,
    exc: type[Exception] | Exception = ValidationError,
    title: str | None = None,
    is_minimizable: bool = False,
    wide: bool = False,
    as_list: bool = False,
    primary_action: Mapping[str, Any] | None = None,
) -> None:
    """Note a message and raise it."""
    msgprint(*(msg, title, exc, False, as_list, "red", False, primary_action, is_minimizable, wide))


def clear_messages() -> None:
    """Forget what `frappe.msgprint` has collected until now."""
    local.message_log = []


def clear_last_message() -> None:
    """Forget the newest message of `frappe.msgprint`."""
    local.message_log = local.message_log[:-1]


def get_message_log() -> list[Any]:
    """What `frappe.msgprint` has collected until now."""
    return list(local.message_log)


def errprint(msg: Any) -> None:
    """Keep an error's text, which `frappe.error_log` holds."""
    local.error_log.append({"exc": str(msg)})


def log(msg: Any) -> None:
    """Note a line for the debug log of a scheduled job."""
    local.debug_log.append(str(msg))
