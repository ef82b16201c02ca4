# made by: python -m tests.stubs
from frappe_standalone.documents.integrations import make_delete_request as make_delete_request
from frappe_standalone.documents.integrations import make_get_request as make_get_request
from frappe_standalone.documents.integrations import make_patch_request as make_patch_request
from frappe_standalone.documents.integrations import make_post_request as make_post_request
from frappe_standalone.documents.integrations import make_put_request as make_put_request
from frappe_standalone.documents.integrations import make_request as make_request

