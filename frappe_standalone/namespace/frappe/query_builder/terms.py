"""`frappe.query_builder.terms`: PyPika's terms as Frappe has them."""

from pypika.terms import Criterion, Function

from frappe_standalone.database.query_builder import SubQuery, Value

ParameterizedValueWrapper = ValueWrapper = Value
subqry = SubQuery
