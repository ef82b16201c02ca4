# made by: python -m tests.stubs
from frappe_standalone.documents.communications import Communication as Communication

