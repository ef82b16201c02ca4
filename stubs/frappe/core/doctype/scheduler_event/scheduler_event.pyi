# made by: python -m tests.stubs
from frappe_standalone.schedule.scheduler_event import SchedulerEvent as SchedulerEvent

