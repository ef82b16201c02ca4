# made by: python -m tests.stubs
from frappe_standalone.utils.safe_eval import safe_eval as safe_eval

