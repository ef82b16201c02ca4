# made by: python -m tests.stubs
from frappe_standalone.documents.meta import Meta as Meta
from frappe_standalone.documents.precision import get_field_currency as get_field_currency
from frappe_standalone.documents.precision import get_field_precision as get_field_precision
from frappe_standalone.documents.documents import get_meta as get_meta

