"""`frappe.query_builder.functions`: PyPika's functions and those of MariaDB that Frappe adds."""

from frappe.query_builder.custom import GROUP_CONCAT, Month, MonthName, Quarter
from pypika.functions import *
from pypika.functions import Cast, IfNull
from pypika.terms import CustomFunction, Function, LiteralValue

from frappe_standalone.database.query_builder import Builder, named

Concat_ws, Locate = named("CONCAT_WS"), named("LOCATE")
Timestamp, Round, Truncate = named("TIMESTAMP"), named("ROUND"), named("TRUNCATE")
Ifnull, GroupConcat, Cast_ = IfNull, GROUP_CONCAT, Cast
CombineDatetime = CustomFunction("TIMESTAMP", ["date", "time"])
DateFormat = CustomFunction("DATE_FORMAT", ["date", "format"])
UnixTimestamp = CustomFunction("UNIX_TIMESTAMP", ["date"])
_max, _min, _avg, _sum = Builder.max, Builder.min, Builder.avg, Builder.sum
