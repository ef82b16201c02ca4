"""`frappe.core.doctype.scheduler_event.scheduler_event`."""

from frappe_standalone.schedule.scheduler_event import SchedulerEvent
