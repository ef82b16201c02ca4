"""`--autoscale=10,2`: as many processes as there are jobs, those that wait counted."""

from __future__ import annotations

from celery.worker.autoscale import Autoscaler as CeleryAutoscaler

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store
from frappe_celery.worker.pool import Pool


class Autoscaler(CeleryAutoscaler):
    """Celery's counts the messages that its parent holds, which holds none of ours."""

    @property
    def qty(self) -> int:
        """Jobs that run or wait, and a team's own tasks."""
        own = int(super().qty)
        if not isinstance(self.pool, Pool):
            return own
        try:
            waiting = sum(map(get_store().queue_length, self.pool.queues))
        except BrokerUnreachable:
            waiting = 0
        return own + len(self.pool.having_jobs()) + waiting
