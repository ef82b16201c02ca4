# made by: python -m tests.stubs
from frappe_standalone.documents.naming import cleanup_page_name as cleanup_page_name

