# made by: python -m tests.stubs
from frappe_standalone.database.query_builder import ConstantColumn as ConstantColumn
from frappe_standalone.database.query_builder import GroupConcat as GROUP_CONCAT
from frappe_standalone.database.query_builder import GroupConcat as GroupConcat
from frappe_standalone.database.query_builder import Month as Month
from frappe_standalone.database.query_builder import MonthName as MonthName
from frappe_standalone.database.query_builder import Quarter as Quarter

