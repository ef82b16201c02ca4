# made by: python -m tests.stubs
from frappe_standalone.documents.contacts import Address as Address

