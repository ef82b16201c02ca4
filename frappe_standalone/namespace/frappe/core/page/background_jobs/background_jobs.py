"""`frappe.core.page.background_jobs.background_jobs`."""

from frappe_celery.host import get_info
from frappe_standalone.schedule.scheduler import get_scheduler_status
