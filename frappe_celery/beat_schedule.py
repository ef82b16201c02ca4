"""What `celery beat` is told to run, and the schedule for other schedulers of Celery's.

celery -A frappe_celery beat                  # `Scheduler`, by itself
celery -A team beat --scheduler frappe_celery.beat_schedule:DatabaseScheduler
app.conf.beat_schedule = beat_schedule()      # for Celery's own
"""

from __future__ import annotations

from frappe_celery.schedule.celery_schedule import beat_schedule
from frappe_celery.schedule.periodic_tasks.database_scheduler import DatabaseScheduler
from frappe_celery.schedule.scheduler import Scheduler

__all__ = ["DatabaseScheduler", "Scheduler", "beat_schedule"]
