# made by: python -m tests.stubs
from frappe_standalone.documents.accounts import Role as Role

