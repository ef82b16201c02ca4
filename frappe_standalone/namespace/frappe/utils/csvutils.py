"""`frappe.utils.csvutils`."""

from frappe_standalone.utils.tables import UnicodeWriter, read_csv_content, to_csv
