# made by: python -m tests.stubs
from pypika.terms import Criterion as Criterion
from pypika.terms import Function as Function
from frappe_standalone.database.query_builder import Value as ParameterizedValueWrapper
from frappe_standalone.database.query_builder import SubQuery as SubQuery
from frappe_standalone.database.query_builder import Value as ValueWrapper
from frappe_standalone.database.query_builder import SubQuery as subqry

