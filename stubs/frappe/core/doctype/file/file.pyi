# made by: python -m tests.stubs
from frappe_standalone.documents.files import File as File
from frappe_standalone.documents.files import MaxFileSizeReachedError as MaxFileSizeReachedError

