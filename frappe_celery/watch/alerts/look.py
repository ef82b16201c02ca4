"""Workers and beat look which conditions hold, one of them at a time."""

from __future__ import annotations

import logging

from frappe_celery.config import settings
from frappe_celery.config.installed import is_there
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.watch.alerts.conditions import conditions, see
from frappe_celery.watch.alerts.delivery import MISSING, check
from frappe_celery.watch.alerts.ledger import LOOK_SECONDS, Ledger
from frappe_celery.watch.notify.look import Lookout

logger = logging.getLogger(__name__)


def look_around(store: JobStore) -> None:
    """Note what holds now; raises BrokerUnreachable."""
    seen = see(store)
    Ledger(store).note(
        (condition, found) for condition in conditions() for found in condition.find(seen)
    )


class Alerts(Lookout):
    """Looks at the bench's conditions, in a worker and in beat."""

    unsent = Ledger
    program = "frappe_celery.watch.alerts"
    seconds = LOOK_SECONDS

    def __init__(self, in_beat: bool = False) -> None:
        super().__init__(in_beat)
        if settings.current().frappe_celery_alerts and not is_there("apprise"):
            logger.error("nobody is told when something is wrong: %s", MISSING)

    @staticmethod
    def looks() -> bool:
        """Always: the configuration may name somebody later. Raises ConfigError."""
        check(settings.current())
        return True

    def look(self) -> None:
        """As any, while the configuration as it stands in its file names somebody."""
        try:
            config = Settings.load()
        except ConfigError:  # a file that is just being written
            config = settings.current()
        if config.frappe_celery_alerts and is_there("apprise"):
            super().look()

    def prepare(self) -> None:
        """Look, where it is this process's turn. Raises BrokerUnreachable."""
        if Ledger(get_store()).is_my_turn():
            look_around(get_store())
