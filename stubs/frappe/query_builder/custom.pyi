# made by: python -m tests.stubs
from frappe_standalone.database.query_builder import ConstantColumn as ConstantColumn
from frappe_standalone.namespace.frappe.query_builder.custom import GROUP_CONCAT as GROUP_CONCAT
from frappe_standalone.database.query_builder import GroupConcat as GroupConcat
from frappe_standalone.namespace.frappe.query_builder.custom import Month as Month
from frappe_standalone.namespace.frappe.query_builder.custom import MonthName as MonthName
from frappe_standalone.namespace.frappe.query_builder.custom import Quarter as Quarter
from frappe_standalone.database.query_builder import named as named

