# made by: python -m tests.stubs
from frappe_standalone.site.frappe_client import AuthError as AuthError
from frappe_standalone.site.frappe_client import FrappeClient as FrappeClient
from frappe_standalone.site.frappe_client import FrappeException as FrappeException
from frappe_standalone.site.frappe_client import FrappeOAuth2Client as FrappeOAuth2Client
from frappe_standalone.site.frappe_client import SiteExpiredError as SiteExpiredError
from frappe_standalone.site.frappe_client import SiteUnreachableError as SiteUnreachableError

