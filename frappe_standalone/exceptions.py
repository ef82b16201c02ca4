"""`frappe.exceptions`: the tree that task code raises and catches, with Frappe's HTTP codes.

The classes carry Frappe's module name, so that tracebacks, pickles and error reports read alike
on a bench and here.
"""

from __future__ import annotations

from frappe_celery.host import ValidationError as ValidationError


class SiteNotSpecifiedError(Exception):
    pass


class IncorrectSitePath(Exception):
    http_status_code = 404


class FrappeTypeError(TypeError):
    http_status_code = 417


class AuthenticationError(Exception):
    http_status_code = 401


class SessionExpired(Exception):
    http_status_code = 401


class PermissionError(Exception):
    http_status_code = 403


class NameError(Exception):
    http_status_code = 409


class OutgoingEmailError(Exception):
    http_status_code = 501


class SessionStopped(Exception):
    http_status_code = 503


class UnsupportedMediaType(Exception):
    http_status_code = 415


class CSRFTokenError(Exception):
    http_status_code = 400


class TooManyRequestsError(Exception):
    http_status_code = 429


class TooManyWritesError(Exception):
    pass


class SecurityException(Exception):
    pass


class UnknownDomainError(Exception):
    pass


class FileAlreadyAttachedException(Exception):
    pass


class UrlSchemeNotSupported(Exception):
    pass


class RetryBackgroundJobError(Exception):
    """Raised by a job that wants to be rolled back and run again, at most five times."""


class QueryTimeoutError(Exception):
    """The database gave up waiting for a lock, or for a statement."""


class QueryDeadlockError(Exception):
    """The database ended a deadlock by rolling this transaction back."""


class LockTimeoutError(Exception):
    """A lock file has stood for longer than ten minutes (`frappe.utils.file_lock`)."""


class DuplicateEntryError(NameError):
    pass


class DoesNotExistError(ValidationError):
    http_status_code = 404


class PageDoesNotExistError(ValidationError):
    http_status_code = 404


class InReadOnlyMode(ValidationError):
    http_status_code = 503


class RateLimitExceededError(ValidationError):
    http_status_code = 429


class SessionBootFailed(ValidationError):
    http_status_code = 500


class LinkExpired(ValidationError):
    http_status_code = 410


class InvalidKeyError(ValidationError):
    http_status_code = 401


class DataError(ValidationError):
    pass


class MappingMismatchError(ValidationError):
    pass


class InvalidStatusError(ValidationError):
    pass


class MandatoryError(ValidationError):
    pass


class NonNegativeError(ValidationError):
    pass


class InvalidSignatureError(ValidationError):
    pass


class CannotChangeConstantError(ValidationError):
    pass


class CharacterLengthExceededError(ValidationError):
    pass


class UpdateAfterSubmitError(ValidationError):
    pass


class LinkValidationError(ValidationError):
    pass


class CancelledLinkError(LinkValidationError):
    pass


class DocstatusTransitionError(ValidationError):
    pass


class TimestampMismatchError(ValidationError):
    pass


class EmptyTableError(ValidationError):
    pass


class LinkExistsError(ValidationError):
    pass


class InvalidEmailAddressError(ValidationError):
    pass


class InvalidNameError(ValidationError):
    pass


class InvalidPhoneNumberError(ValidationError):
    pass


class TemplateNotFoundError(ValidationError):
    pass


class UniqueValidationError(ValidationError):
    pass


class AppNotInstalledError(ValidationError):
    pass


class ImplicitCommitError(ValidationError):
    pass


class DocumentLockedError(ValidationError):
    pass


class CircularLinkingError(ValidationError):
    pass


class InvalidColumnName(ValidationError):
    pass


class CannotAlter(ImplicitCommitError):
    """A field has no column in its table, or a doctype no table, and none can be made now."""


class IncompatibleApp(ValidationError):
    pass


class InvalidDates(ValidationError):
    pass


class DataTooLongException(ValidationError):
    pass


class DocumentAlreadyRestored(ValidationError):
    pass


class AttachmentLimitReached(ValidationError):
    pass


class PrintFormatError(ValidationError):
    pass


class CommandFailedError(Exception):
    def __init__(self, message: str, out: str = "", err: str = "") -> None:
        super().__init__(message)
        self.out, self.err = out, err


for _error in list(globals().values()):
    if isinstance(_error, type) and issubclass(_error, Exception):
        _error.__module__ = "frappe.exceptions"

from frappe_celery.host import QueueOverloaded  # noqa: E402, F401 (keeps its own module's name)
