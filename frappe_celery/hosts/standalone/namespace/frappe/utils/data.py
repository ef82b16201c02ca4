"""`frappe.utils.data`."""
# ruff: noqa: F403 (this file is a list of names)

from frappe_celery.hosts.standalone.utils.dates import *
from frappe_celery.hosts.standalone.utils.numbers import *
from frappe_celery.hosts.standalone.utils.text import *
