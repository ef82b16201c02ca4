# made by: python -m tests.stubs
from pypika.queries import Column as Column
from frappe.query_builder import DocType as DocType
from pypika.terms import PseudoColumn as PseudoColumn
from frappe.query_builder import Table as Table
from frappe.query_builder import get_query as get_query
from frappe.query_builder import get_query_builder as get_query_builder

