"""`frappe.core.doctype.comment.comment`."""

from frappe_celery.hosts.standalone.documents.comments import Comment
