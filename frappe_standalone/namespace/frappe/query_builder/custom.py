"""`frappe.query_builder.custom`: terms that PyPika lacks."""

from frappe_standalone.database.query_builder import ConstantColumn, GroupConcat, named

GROUP_CONCAT = GroupConcat
Month, MonthName, Quarter = named("MONTH"), named("MONTHNAME"), named("QUARTER")
