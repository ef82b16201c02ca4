"""Sites whose schedule changed: who saves a row notes its site in Redis, the scheduler asks."""

from __future__ import annotations

import logging

from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs import get_store

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 1000


def mark(site: str) -> None:
    """Have the scheduler look at a site soon.

    Whoever saved is not held up by a Redis that is away: the scheduler looks by itself later.
    """
    try:
        get_store().client.sadd(get_store().keys.changed_sites, site)
    except FrappeCeleryError as exc:
        logger.warning("the scheduler looks at site %s later: %s", site, exc)


def take() -> set[str]:
    """The sites that were told of since the last call.

    Raises:
        BrokerUnreachable: the Redis does not answer.
    """
    changed = get_store().client.spop(get_store().keys.changed_sites, MOST_AT_ONCE)
    return {site.decode() for site in changed}
