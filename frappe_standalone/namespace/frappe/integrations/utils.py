"""`frappe.integrations.utils`."""

from frappe_standalone.documents.integrations import (
    make_delete_request,
    make_get_request,
    make_patch_request,
    make_post_request,
    make_put_request,
    make_request,
)
