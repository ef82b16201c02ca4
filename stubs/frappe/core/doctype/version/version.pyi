# made by: python -m tests.stubs
from frappe_standalone.documents.versions import get_diff as get_diff

