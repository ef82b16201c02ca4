# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.documents.comments import Comment as Comment

