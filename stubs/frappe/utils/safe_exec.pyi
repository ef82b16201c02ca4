# made by: python -m tests.stubs
from frappe_standalone.site.template_names import get_safe_globals as get_safe_globals
from frappe_standalone.utils.safe_eval import safe_eval as safe_eval

