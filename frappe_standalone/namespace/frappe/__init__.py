"""`import frappe` where no Frappe is installed (frappe_celery's standalone host)."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

# of these, classes say they are; pickle takes a class by value whose module nobody imported
import frappe.exceptions
import frappe.model.document
import frappe.types.frappedict

from frappe_celery.host import enqueue, enqueue_doc
from frappe_standalone.cache.cache import cache
from frappe_standalone.cache.caching import local_cache, request_cache
from frappe_standalone.database.store import get_all, get_list
from frappe_standalone.documents.clearing import clear_cache, clear_document_cache
from frappe_standalone.documents.documents import (
    copy_doc,
    delete_doc,
    delete_doc_if_exists,
    get_cached_doc,
    get_cached_value,
    get_doc,
    get_last_doc,
    get_lazy_doc,
    get_single,
    get_system_settings,
    new_doc,
    set_value,
)
from frappe_standalone.documents.error_log import get_traceback, log_error
from frappe_standalone.documents.meta import get_meta
from frappe_standalone.documents.precision import get_precision
from frappe_standalone.documents.renaming import rename_doc
from frappe_standalone.documents.users import get_roles, only_for
from frappe_standalone.exceptions import *
from frappe_standalone.local import local
from frappe_standalone.messages.logs import logger, loggers, set_log_level
from frappe_standalone.messages.mail import sendmail
from frappe_standalone.messages.messages import (
    _,
    _lt,
    clear_last_message,
    clear_messages,
    errprint,
    get_message_log,
    log,
    msgprint,
    throw,
)
from frappe_standalone.messages.realtime import publish_progress, publish_realtime
from frappe_standalone.namespace.importer import look_up
from frappe_standalone.site.app_hooks import get_doc_hooks, get_hooks
from frappe_standalone.site.calling import (
    call,
    get_attr,
    get_module,
    get_newargs,
    guest_methods,
    is_whitelisted,
    validate_and_sanitize_search_inputs,
    whitelist,
    whitelisted,
)
from frappe_standalone.site.context import (
    conf,
    connect,
    db,
    debug_log,
    destroy,
    error_log,
    flags,
    form_dict,
    get_conf,
    get_installed_apps,
    get_site_config,
    get_site_path,
    init,
    init_site,
    job,
    lang,
    message_log,
    request,
    response,
    session,
    set_user,
)
from frappe_standalone.site.paths import (
    get_all_apps,
    get_app_path,
    get_file_items,
    get_file_json,
    get_pymodule_path,
    read_file,
)
from frappe_standalone.site.templates import (
    get_email_from_template,
    get_jenv,
    get_template,
    render_template,
)
from frappe_standalone.utils.formatters import format_value
from frappe_standalone.utils.formatters import format_value as format
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.numbers import cint, sbool
from frappe_standalone.utils.safe_eval import safe_eval
from frappe_standalone.utils.system import create_folder
from frappe_standalone.utils.text import (
    as_json,
    as_unicode,
    bold,
    cstr,
    generate_hash,
    get_desk_link,
    parse_json,
    safe_decode,
    safe_encode,
    scrub,
    unscrub,
)

client_cache = cache
__title__ = "frappe_celery's standalone host"
STANDARD_USERS = ("Guest", "Administrator")


def ping() -> str:
    """Answers, so that one sees that jobs run."""
    return "pong"


def get_value(*args: Any, **kwargs: Any) -> Any:
    """`frappe.db.get_value`."""
    return db.get_value(*args, **kwargs)


def get_single_value(*args: Any, **kwargs: Any) -> Any:
    """`frappe.db.get_single_value`."""
    return db.get_single_value(*args, **kwargs)


def read_only() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: Frappe would ask a replica; there is none here."""
    return lambda function: lambda *args, **kwargs: function(*args, **get_newargs(function, kwargs))


def has_permission(*_args: Any, **_kwargs: Any) -> bool:
    """True: there are no permissions here."""
    return True


def only_has_select_perm(*_args: Any, **_kwargs: Any) -> bool:
    """False: whoever may select here may read too."""
    return False


def task(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: the function gets an `enqueue(**kwargs)` with these options."""

    def with_enqueue(function: Callable[..., Any]) -> Callable[..., Any]:
        function.enqueue = lambda **kwargs: enqueue(function, **options, **kwargs)  # type: ignore[attr-defined]
        return function

    return with_enqueue


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from frappe_celery.host import settings

        return f"{settings.current().frappe_version}.0.0"
    if name == "qb":  # PyPika is imported with the first use
        from frappe_standalone.database.query_builder import Builder

        return Builder
    if name == "in_test":
        return bool(flags.in_test)
    return look_up(sys.modules[__name__], name)
