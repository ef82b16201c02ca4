# made by: python -m tests.stubs
from frappe_standalone.utils.tables import UnicodeWriter as UnicodeWriter
from frappe_standalone.utils.tables import read_csv_content as read_csv_content
from frappe_standalone.utils.tables import to_csv as to_csv

