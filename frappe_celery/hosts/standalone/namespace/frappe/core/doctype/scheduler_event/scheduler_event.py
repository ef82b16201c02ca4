"""`frappe.core.doctype.scheduler_event.scheduler_event`."""

from frappe_celery.hosts.standalone.schedule.scheduler_event import SchedulerEvent
