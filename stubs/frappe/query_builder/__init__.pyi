# made by: python -m tests.stubs
from pypika import *
from frappe_standalone.database.query_builder import DocType as DocType
from frappe_standalone.database.query_builder import Field as Field
from frappe_standalone.database.query_builder import Table as Table
from frappe_standalone.database.query_builder import get_query as get_query
from frappe_standalone.database.query_builder import get_query_builder as get_query_builder

