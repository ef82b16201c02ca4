"""A step of the worker: what configuration and decorators say of limits holds from its start on."""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps

from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_celery.jobs import get_store
from frappe_celery.jobs.limits import declarations
from frappe_celery.jobs.limits.rules import Limits

logger = logging.getLogger(__name__)


class ConfiguredLimits(bootsteps.StartStopStep):
    """Writes them where the scripts that fetch jobs read them."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        """Before the pool's processes take jobs; again after each reconnection."""
        try:
            declarations.tell()
            Limits(get_store()).configure()
        except (BrokerUnreachable, ConfigError) as exc:
            logger.error("limits stay as they were: %s", exc)
