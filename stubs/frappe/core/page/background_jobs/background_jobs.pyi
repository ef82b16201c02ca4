# made by: python -m tests.stubs
from frappe_celery.host import get_info as get_info
from frappe_standalone.schedule.scheduler import get_scheduler_status as get_scheduler_status

