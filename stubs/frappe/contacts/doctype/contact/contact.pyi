# made by: python -m tests.stubs
from frappe_standalone.documents.contacts import Contact as Contact
from frappe_standalone.documents.contacts import get_contact_name as get_contact_name

