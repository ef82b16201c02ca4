"""`frappe.utils.scheduler`."""

from frappe_standalone.schedule.dormancy import (
    is_dormant,
    schedule_jobs_based_on_activity,
)
from frappe_standalone.schedule.scheduler import (
    disable_scheduler,
    enable_scheduler,
    enqueue_events,
    enqueue_events_for_all_sites,
    enqueue_events_for_site,
    get_scheduler_status,
    is_scheduler_disabled,
    is_scheduler_inactive,
    toggle_scheduler,
)
