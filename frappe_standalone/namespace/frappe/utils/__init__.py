"""`frappe.utils`."""

from frappe.utils.data import *

from frappe_standalone.documents.error_log import get_traceback
from frappe_standalone.site.calling import call_hook_method, get_hook_method
from frappe_standalone.site.context import get_site_path
from frappe_standalone.site.paths import (
    get_bench_id,
    get_bench_path,
    get_files_path,
    get_sites,
    touch_file,
)
from frappe_standalone.utils.callbacks import CallbackManager
from frappe_standalone.utils.checks import *
from frappe_standalone.utils.safe_eval import safe_eval
from frappe_standalone.utils.system import *
