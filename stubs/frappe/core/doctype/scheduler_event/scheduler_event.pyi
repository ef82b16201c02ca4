# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.schedule.scheduler_event import SchedulerEvent as SchedulerEvent

