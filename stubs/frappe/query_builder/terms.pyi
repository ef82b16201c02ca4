# made by: python -m tests.stubs
from pypika.terms import Criterion as Criterion
from pypika.terms import Function as Function
from frappe_standalone.namespace.frappe.query_builder.terms import ParameterizedValueWrapper as ParameterizedValueWrapper
from frappe_standalone.database.query_builder import SubQuery as SubQuery
from frappe_standalone.database.query_builder import Value as Value
from frappe_standalone.namespace.frappe.query_builder.terms import ValueWrapper as ValueWrapper
from frappe_standalone.namespace.frappe.query_builder.terms import subqry as subqry

