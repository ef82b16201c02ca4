# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.documents.naming import append_number_if_name_exists as append_number_if_name_exists
from frappe_celery.hosts.standalone.documents.naming import get_default_naming_series as get_default_naming_series
from frappe_celery.hosts.standalone.documents.series import getseries as getseries
from frappe_celery.hosts.standalone.documents.naming import is_autoincremented as is_autoincremented
from frappe_celery.hosts.standalone.documents.series import make_autoname as make_autoname
from frappe_celery.hosts.standalone.documents.series import parse_naming_series as parse_naming_series
from frappe_celery.hosts.standalone.documents.series import revert_series_if_last as revert_series_if_last
from frappe_celery.hosts.standalone.documents.naming import set_name_by_naming_series as set_name_by_naming_series
from frappe_celery.hosts.standalone.documents.naming import set_name_from_naming_options as set_name_from_naming_options
from frappe_celery.hosts.standalone.documents.naming import set_new_name as set_new_name

