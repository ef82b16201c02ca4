"""`frappe.utils`."""

from importlib import import_module

from frappe_celery.hosts.standalone.documents.error_log import get_traceback
from frappe_celery.hosts.standalone.documents.money import in_words, money_in_words
from frappe_celery.hosts.standalone.documents.users import get_user_info_for_avatar
from frappe_celery.hosts.standalone.site.calling import call_hook_method, get_hook_method
from frappe_celery.hosts.standalone.site.context import get_site_path
from frappe_celery.hosts.standalone.site.paths import (
    get_bench_id,
    get_bench_path,
    get_files_path,
    get_sites,
    touch_file,
)
from frappe_celery.hosts.standalone.utils.callbacks import CallbackManager
from frappe_celery.hosts.standalone.utils.checks import *
from frappe_celery.hosts.standalone.utils.dates import *
from frappe_celery.hosts.standalone.utils.lists import *
from frappe_celery.hosts.standalone.utils.markup import *
from frappe_celery.hosts.standalone.utils.numbers import *
from frappe_celery.hosts.standalone.utils.periods import *
from frappe_celery.hosts.standalone.utils.safe_eval import safe_eval
from frappe_celery.hosts.standalone.utils.system import *
from frappe_celery.hosts.standalone.utils.text import *
from frappe_celery.hosts.standalone.utils.written_dates import *

# modules, as Frappe's own star import gives them, and not the classes of those names
datetime, time = import_module("datetime"), import_module("time")
