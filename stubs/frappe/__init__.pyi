# made by: python -m tests.stubs
from frappe_standalone.exceptions import AppNotInstalledError as AppNotInstalledError
from frappe_standalone.exceptions import AttachmentLimitReached as AttachmentLimitReached
from frappe_standalone.exceptions import AuthenticationError as AuthenticationError
from frappe_standalone.exceptions import CSRFTokenError as CSRFTokenError
from frappe_standalone.exceptions import CancelledLinkError as CancelledLinkError
from frappe_standalone.exceptions import CannotAlter as CannotAlter
from frappe_standalone.exceptions import CannotChangeConstantError as CannotChangeConstantError
from frappe_standalone.exceptions import CharacterLengthExceededError as CharacterLengthExceededError
from frappe_standalone.exceptions import CircularLinkingError as CircularLinkingError
from frappe_standalone.exceptions import CommandFailedError as CommandFailedError
from frappe_standalone.exceptions import DataError as DataError
from frappe_standalone.exceptions import DataTooLongException as DataTooLongException
from frappe_standalone.exceptions import DocstatusTransitionError as DocstatusTransitionError
from frappe_standalone.exceptions import DocumentAlreadyRestored as DocumentAlreadyRestored
from frappe_standalone.exceptions import DocumentLockedError as DocumentLockedError
from frappe_standalone.exceptions import DoesNotExistError as DoesNotExistError
from frappe_standalone.exceptions import DuplicateEntryError as DuplicateEntryError
from frappe_standalone.exceptions import EmptyTableError as EmptyTableError
from frappe_standalone.exceptions import FileAlreadyAttachedException as FileAlreadyAttachedException
from frappe_standalone.exceptions import FrappeTypeError as FrappeTypeError
from frappe_standalone.exceptions import ImplicitCommitError as ImplicitCommitError
from frappe_standalone.exceptions import InReadOnlyMode as InReadOnlyMode
from frappe_standalone.exceptions import IncompatibleApp as IncompatibleApp
from frappe_standalone.exceptions import IncorrectSitePath as IncorrectSitePath
from frappe_standalone.exceptions import InvalidColumnName as InvalidColumnName
from frappe_standalone.exceptions import InvalidDates as InvalidDates
from frappe_standalone.exceptions import InvalidEmailAddressError as InvalidEmailAddressError
from frappe_standalone.exceptions import InvalidKeyError as InvalidKeyError
from frappe_standalone.exceptions import InvalidNameError as InvalidNameError
from frappe_standalone.exceptions import InvalidPhoneNumberError as InvalidPhoneNumberError
from frappe_standalone.exceptions import InvalidSignatureError as InvalidSignatureError
from frappe_standalone.exceptions import InvalidStatusError as InvalidStatusError
from frappe_standalone.exceptions import LinkExistsError as LinkExistsError
from frappe_standalone.exceptions import LinkExpired as LinkExpired
from frappe_standalone.exceptions import LinkValidationError as LinkValidationError
from frappe_standalone.exceptions import LockTimeoutError as LockTimeoutError
from frappe_standalone.exceptions import MandatoryError as MandatoryError
from frappe_standalone.exceptions import MappingMismatchError as MappingMismatchError
from frappe_standalone.exceptions import NameError as NameError
from frappe_standalone.exceptions import NonNegativeError as NonNegativeError
from frappe_standalone.exceptions import OutgoingEmailError as OutgoingEmailError
from frappe_standalone.exceptions import PageDoesNotExistError as PageDoesNotExistError
from frappe_standalone.exceptions import PermissionError as PermissionError
from frappe_standalone.exceptions import PrintFormatError as PrintFormatError
from frappe_standalone.exceptions import QueryDeadlockError as QueryDeadlockError
from frappe_standalone.exceptions import QueryTimeoutError as QueryTimeoutError
from frappe_standalone.exceptions import RateLimitExceededError as RateLimitExceededError
from frappe_standalone.exceptions import RetryBackgroundJobError as RetryBackgroundJobError
from frappe_standalone.namespace.frappe import STANDARD_USERS as STANDARD_USERS
from frappe_standalone.exceptions import SecurityException as SecurityException
from frappe_standalone.exceptions import SessionBootFailed as SessionBootFailed
from frappe_standalone.exceptions import SessionExpired as SessionExpired
from frappe_standalone.exceptions import SessionStopped as SessionStopped
from frappe_standalone.exceptions import SiteNotSpecifiedError as SiteNotSpecifiedError
from typing import TYPE_CHECKING as TYPE_CHECKING
from frappe_standalone.exceptions import TemplateNotFoundError as TemplateNotFoundError
from frappe_standalone.exceptions import TimestampMismatchError as TimestampMismatchError
from frappe_standalone.exceptions import TooManyRequestsError as TooManyRequestsError
from frappe_standalone.exceptions import TooManyWritesError as TooManyWritesError
from frappe_standalone.exceptions import UniqueValidationError as UniqueValidationError
from frappe_standalone.exceptions import UnknownDomainError as UnknownDomainError
from frappe_standalone.exceptions import UnsupportedMediaType as UnsupportedMediaType
from frappe_standalone.exceptions import UpdateAfterSubmitError as UpdateAfterSubmitError
from frappe_standalone.exceptions import UrlSchemeNotSupported as UrlSchemeNotSupported
from frappe_standalone.exceptions import ValidationError as ValidationError
from frappe_standalone.messages.messages import _ as _
from frappe_standalone.utils.frappedict import _dict as _dict
from frappe_standalone.messages.messages import _lt as _lt
from frappe_standalone.utils.text import as_json as as_json
from frappe_standalone.utils.text import as_unicode as as_unicode
from frappe_standalone.utils.text import bold as bold
from frappe_standalone.cache.cache import cache as cache
from frappe_standalone.site.calling import call as call
from frappe_standalone.utils.numbers import cint as cint
from frappe_standalone.documents.meta import clear_cache as clear_cache
from frappe_standalone.documents.meta import clear_document_cache as clear_document_cache
from frappe_standalone.messages.messages import clear_last_message as clear_last_message
from frappe_standalone.messages.messages import clear_messages as clear_messages
from frappe_standalone.namespace.frappe import client_cache as client_cache
from frappe_standalone.site.context import connect as connect
from typing import Any
from frappe_standalone.documents.document import Document as _Document
from frappe_standalone.utils.system import create_folder as create_folder
from frappe_standalone.utils.text import cstr as cstr
from frappe_standalone.database.database import Database as _Database
from frappe_standalone.site.context import debug_log as debug_log
from frappe_standalone.documents.documents import delete_doc as delete_doc
from frappe_standalone.documents.documents import delete_doc_if_exists as delete_doc_if_exists
from frappe_standalone.site.context import destroy as destroy
from collections.abc import Callable as _Callable
from typing import Any, Literal, overload
from frappe_celery.jobs import Job as _Job
from frappe_standalone.site.context import error_log as error_log
from frappe_standalone.messages.messages import errprint as errprint
from frappe_standalone.utils.formatters import format_value as format
from frappe_standalone.utils.formatters import format_value as format_value
from frappe_standalone.utils.text import generate_hash as generate_hash
from frappe_standalone.database.store import get_all as get_all
from frappe_standalone.site.paths import get_all_apps as get_all_apps
from frappe_standalone.site.paths import get_app_path as get_app_path
from frappe_standalone.site.calling import get_attr as get_attr
from frappe_standalone.documents.documents import get_cached_value as get_cached_value
from frappe_standalone.site.context import get_conf as get_conf
from frappe_standalone.utils.text import get_desk_link as get_desk_link
from frappe_standalone.site.app_hooks import get_doc_hooks as get_doc_hooks
from frappe_standalone.site.templates import get_email_from_template as get_email_from_template
from frappe_standalone.site.paths import get_file_items as get_file_items
from frappe_standalone.site.paths import get_file_json as get_file_json
from frappe_standalone.site.app_hooks import get_hooks as get_hooks
from frappe_standalone.site.context import get_installed_apps as get_installed_apps
from frappe_standalone.site.templates import get_jenv as get_jenv
from frappe_standalone.database.store import get_list as get_list
from frappe_standalone.messages.messages import get_message_log as get_message_log
from frappe_standalone.documents.meta import get_meta as get_meta
from frappe_standalone.site.calling import get_module as get_module
from frappe_standalone.site.calling import get_newargs as get_newargs
from frappe_standalone.documents.precision import get_precision as get_precision
from frappe_standalone.site.paths import get_pymodule_path as get_pymodule_path
from frappe_standalone.documents.users import get_roles as get_roles
from frappe_standalone.namespace.frappe import get_single_value as get_single_value
from frappe_standalone.site.context import get_site_config as get_site_config
from frappe_standalone.site.context import get_site_path as get_site_path
from frappe_standalone.documents.documents import get_system_settings as get_system_settings
from frappe_standalone.site.templates import get_template as get_template
from frappe_standalone.documents.error_log import get_traceback as get_traceback
from frappe_standalone.namespace.frappe import get_value as get_value
from frappe_standalone.site.calling import guest_methods as guest_methods
from frappe_standalone.namespace.frappe import has_permission as has_permission
from frappe_standalone.site.context import init as init
from frappe_standalone.site.context import init_site as init_site
from frappe_standalone.site.calling import is_whitelisted as is_whitelisted
from frappe_standalone.site.context import job as job
import json as json
from frappe_standalone.site.context import lang as lang
from frappe_standalone.local import local as local
from frappe_standalone.cache.cache import local_cache as local_cache
from frappe_standalone.messages.messages import log as log
from frappe_standalone.documents.error_log import log_error as log_error
from frappe_standalone.messages.logs import logger as logger
from frappe_standalone.messages.logs import loggers as loggers
from frappe_standalone.site.context import message_log as message_log
from frappe_standalone.messages.messages import msgprint as msgprint
from frappe_standalone.documents.users import only_for as only_for
from frappe_standalone.namespace.frappe import only_has_select_perm as only_has_select_perm
from frappe_standalone.utils.text import parse_json as parse_json
from frappe_standalone.namespace.frappe import ping as ping
from frappe_standalone.messages.realtime import publish_progress as publish_progress
from frappe_standalone.messages.realtime import publish_realtime as publish_realtime
from frappe_standalone.site.paths import read_file as read_file
from frappe_standalone.namespace.frappe import read_only as read_only
from frappe_standalone.documents.renaming import rename_doc as rename_doc
from frappe_standalone.site.templates import render_template as render_template
from frappe_standalone.site.context import request as request
from frappe_standalone.cache.cache import request_cache as request_cache
from frappe_standalone.utils.text import safe_decode as safe_decode
from frappe_standalone.utils.text import safe_encode as safe_encode
from frappe_standalone.utils.safe_eval import safe_eval as safe_eval
from frappe_standalone.utils.numbers import sbool as sbool
from frappe_standalone.utils.text import scrub as scrub
from frappe_standalone.messages.mail import sendmail as sendmail
from frappe_standalone.messages.logs import set_log_level as set_log_level
from frappe_standalone.site.context import set_user as set_user
from frappe_standalone.documents.documents import set_value as set_value
from frappe_standalone.namespace.frappe import task as task
from frappe_standalone.messages.messages import throw as throw
from frappe_standalone.utils.text import unscrub as unscrub
from frappe_standalone.site.calling import validate_and_sanitize_search_inputs as validate_and_sanitize_search_inputs
from frappe_standalone.site.calling import whitelist as whitelist
from frappe_standalone.site.calling import whitelisted as whitelisted

__version__: str
conf: _dict
def copy_doc(doc: Any, ignore_no_copy: bool = True) -> _Document: ...
db: _Database
@overload
def enqueue(method: str | _Callable[..., Any], queue: str = "default", timeout: int | str | None = None, event: str | None = None,
    is_async: bool = True, job_name: str | None = None, now: Literal[False] = False, enqueue_after_commit: bool = False, *,
    on_success: _Callable[..., Any] | None = None, on_failure: _Callable[..., Any] | None = None,
    at_front: bool = False, job_id: str | None = None, **kwargs: Any) -> _Job | None: ...
@overload
def enqueue(method: str | _Callable[..., Any], queue: str = "default", timeout: int | str | None = None, event: str | None = None,
    is_async: bool = True, job_name: str | None = None, now: bool = ..., enqueue_after_commit: bool = False, *,
    on_success: _Callable[..., Any] | None = None, on_failure: _Callable[..., Any] | None = None,
    at_front: bool = False, job_id: str | None = None, **kwargs: Any) -> Any: ...
def enqueue_doc(doctype: str, name: str | None = None, method: str | None = None, queue: str = "default", timeout: int | str | None = 300, now: bool = False, **kwargs: Any) -> _Job | None: ...
flags: _dict
form_dict: _dict
def get_cached_doc(*args: Any, **kwargs: Any) -> _Document: ...
def get_doc(*args: Any, **kwargs: Any) -> _Document: ...
def get_last_doc(*args: Any, **kwargs: Any) -> _Document: ...
def get_lazy_doc(*args: Any, **kwargs: Any) -> _Document: ...
def get_single(doctype: str) -> _Document: ...
in_test: bool
def new_doc(*args: Any, **kwargs: Any) -> _Document: ...
response: _dict
session: _dict
