# made by: python -m tests.stubs
from frappe_standalone.site.calling import rate_limit as rate_limit

