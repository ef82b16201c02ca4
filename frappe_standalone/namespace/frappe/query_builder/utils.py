"""`frappe.query_builder.utils`: where Frappe's own modules import these from."""

from frappe.query_builder import DocType, Table, get_query, get_query_builder
from pypika.queries import Column
from pypika.terms import PseudoColumn
