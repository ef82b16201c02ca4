# made by: python -m tests.stubs
from frappe_standalone.site.templates import get_email_from_template as get_email_from_template
from frappe_standalone.site.templates import get_jenv as get_jenv
from frappe_standalone.site.templates import get_template as get_template
from frappe_standalone.site.templates import guess_is_path as guess_is_path
from frappe_standalone.site.templates import render_template as render_template
from frappe_standalone.site.templates import validate_template as validate_template

