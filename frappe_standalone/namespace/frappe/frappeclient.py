"""`frappe.frappeclient`."""

from frappe_standalone.site.frappe_client import (
    AuthError,
    FrappeClient,
    FrappeException,
    FrappeOAuth2Client,
    SiteExpiredError,
    SiteUnreachableError,
)
