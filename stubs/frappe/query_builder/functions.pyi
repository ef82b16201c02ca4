# made by: python -m tests.stubs
from pypika.functions import *
from pypika.functions import Cast as Cast
from pypika.functions import Cast as Cast_
from frappe_standalone.database.query_builder import CombineDatetime as CombineDatetime
from frappe_standalone.database.query_builder import Concat_ws as Concat_ws
from pypika.terms import CustomFunction as CustomFunction
from frappe_standalone.database.query_builder import DateFormat as DateFormat
from pypika.terms import Function as Function
from frappe_standalone.database.query_builder import GroupConcat as GROUP_CONCAT
from frappe_standalone.database.query_builder import GroupConcat as GroupConcat
from pypika.functions import IfNull as IfNull
from pypika.functions import IfNull as Ifnull
from pypika.terms import LiteralValue as LiteralValue
from frappe_standalone.database.query_builder import Locate as Locate
from frappe_standalone.database.query_builder import Month as Month
from frappe_standalone.database.query_builder import MonthName as MonthName
from frappe_standalone.database.query_builder import Quarter as Quarter
from frappe_standalone.database.query_builder import Round as Round
from frappe_standalone.database.query_builder import Timestamp as Timestamp
from frappe_standalone.database.query_builder import Truncate as Truncate
from frappe_standalone.database.query_builder import UnixTimestamp as UnixTimestamp
from frappe_standalone.database.query_builder import _avg as _avg
from frappe_standalone.database.query_builder import _max as _max
from frappe_standalone.database.query_builder import _min as _min
from frappe_standalone.database.query_builder import _sum as _sum

