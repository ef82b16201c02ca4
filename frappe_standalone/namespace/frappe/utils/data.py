"""`frappe.utils.data`."""

from importlib import import_module

from frappe_standalone.documents.money import in_words, money_in_words
from frappe_standalone.documents.users import get_user_info_for_avatar
from frappe_standalone.utils.dates import *
from frappe_standalone.utils.lists import *
from frappe_standalone.utils.markup import *
from frappe_standalone.utils.numbers import *
from frappe_standalone.utils.periods import *
from frappe_standalone.utils.text import *
from frappe_standalone.utils.written_dates import *

# modules, as Frappe's own star import gives them, and not the classes of those names
datetime, time = import_module("datetime"), import_module("time")
