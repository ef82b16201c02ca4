# made by: python -m tests.stubs
from frappe_standalone.documents.document import Document as Document
from frappe_standalone.documents.documents import bulk_insert as bulk_insert
from frappe_standalone.documents.locking import execute_action as execute_action
from frappe_standalone.documents.controllers import get_controller as get_controller
from typing import Any
from frappe_standalone.documents.document import Document as _Document
from frappe_standalone.documents.locking import unlock_document as unlock_document

def get_doc(*args: Any, **kwargs: Any) -> _Document: ...
