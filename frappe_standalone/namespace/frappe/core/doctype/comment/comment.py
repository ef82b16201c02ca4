"""`frappe.core.doctype.comment.comment`."""

from frappe_standalone.documents.comments import Comment
