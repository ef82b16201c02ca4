# made by: python -m tests.stubs
from frappe_standalone.documents.comments import Comment as Comment

