# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.schedule.scheduler import disable_scheduler as disable_scheduler
from frappe_celery.hosts.standalone.schedule.scheduler import enable_scheduler as enable_scheduler
from frappe_celery.hosts.standalone.schedule.scheduler import enqueue_events as enqueue_events
from frappe_celery.hosts.standalone.schedule.scheduler import enqueue_events_for_all_sites as enqueue_events_for_all_sites
from frappe_celery.hosts.standalone.schedule.scheduler import enqueue_events_for_site as enqueue_events_for_site
from frappe_celery.hosts.standalone.schedule.scheduler import get_scheduler_status as get_scheduler_status
from frappe_celery.hosts.standalone.schedule.dormancy import is_dormant as is_dormant
from frappe_celery.hosts.standalone.schedule.scheduler import is_scheduler_disabled as is_scheduler_disabled
from frappe_celery.hosts.standalone.schedule.scheduler import is_scheduler_inactive as is_scheduler_inactive
from frappe_celery.hosts.standalone.schedule.dormancy import schedule_jobs_based_on_activity as schedule_jobs_based_on_activity
from frappe_celery.hosts.standalone.schedule.scheduler import toggle_scheduler as toggle_scheduler

