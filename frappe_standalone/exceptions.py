"""`frappe.exceptions`: the tree that task code raises and catches, with Frappe's HTTP codes.

The classes carry Frappe's module name, so that tracebacks, pickles and error reports read alike
on a bench and here.
"""

from __future__ import annotations

from frappe_celery.host import ValidationError as ValidationError


class IncorrectSitePath(Exception):
    http_status_code = 404


class FrappeTypeError(TypeError):
    http_status_code = 417


class AuthenticationError(Exception):
    http_status_code = 401


class PermissionError(Exception):
    http_status_code = 403


class NameError(Exception):
    http_status_code = 409


class OutgoingEmailError(Exception):
    http_status_code = 501


class TooManyRequestsError(Exception):
    http_status_code = 429


class RetryBackgroundJobError(Exception):
    """Raised by a job that wants to be rolled back and run again, at most five times."""


class QueryTimeoutError(Exception):
    """The database gave up waiting for a lock, or for a statement."""


class QueryDeadlockError(Exception):
    """The database ended a deadlock by rolling this transaction back."""


class LockTimeoutError(Exception):
    """A lock file has stood for longer than ten minutes."""


class DuplicateEntryError(NameError): ...


class DoesNotExistError(ValidationError):
    http_status_code = 404


class PageDoesNotExistError(ValidationError):
    http_status_code = 404


class InReadOnlyMode(ValidationError):
    http_status_code = 503


class SessionBootFailed(ValidationError):
    http_status_code = 500


class DataError(ValidationError): ...


class MappingMismatchError(ValidationError): ...


class InvalidStatusError(ValidationError): ...


class MandatoryError(ValidationError): ...


class NonNegativeError(ValidationError): ...


class CannotChangeConstantError(ValidationError): ...


class CharacterLengthExceededError(ValidationError): ...


class UpdateAfterSubmitError(ValidationError): ...


class LinkValidationError(ValidationError): ...


class CancelledLinkError(LinkValidationError): ...


class DocstatusTransitionError(ValidationError): ...


class TimestampMismatchError(ValidationError): ...


class LinkExistsError(ValidationError): ...


class InvalidEmailAddressError(ValidationError): ...


class InvalidNameError(ValidationError): ...


class InvalidPhoneNumberError(ValidationError): ...


class UniqueValidationError(ValidationError): ...


class ImplicitCommitError(ValidationError): ...


class DocumentLockedError(ValidationError): ...


class CircularLinkingError(ValidationError): ...


class InvalidColumnName(ValidationError): ...


class CannotAlter(ImplicitCommitError):
    """A field has no column in its table, or a doctype no table, and none can be made now."""


class InvalidDates(ValidationError): ...


class InvalidRoundingMethod(FileNotFoundError): ...


class CommandFailedError(Exception):
    def __init__(self, message: str, out: str = "", err: str = "") -> None:
        super().__init__(message)
        self.out, self.err = out, err


for _error in list(globals().values()):
    if isinstance(_error, type) and issubclass(_error, Exception):
        _error.__module__ = "frappe.exceptions"

from frappe_celery.host import QueueOverloaded  # noqa: E402, F401 (keeps its own module's name)
