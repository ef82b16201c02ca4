"""`frappe.utils.jinja`."""

from frappe_standalone.site.templates import (
    get_email_from_template,
    get_jenv,
    get_template,
    guess_is_path,
    render_template,
    validate_template,
)
