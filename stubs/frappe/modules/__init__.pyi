# made by: python -m tests.stubs
from frappe_standalone.utils.text import scrub as scrub

