"""The Redis behind frappe.cache, which is no broker: jobs fail with its errors, or work slowly."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError

from frappe_celery.config.files import options_stand_in
from frappe_celery.config.urls import without_password

ANSWER_SECONDS = 1.0


def why_away(url: str) -> str:
    """Why it does not answer, in a sentence without its end; '': it does."""
    try:
        with Redis.from_url(
            url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS
        ) as client:
            client.ping()
    except (RedisError, ValueError) as exc:
        return f"the Redis behind frappe.cache, {without_password(url)}, does not answer ({exc})"
    return ""


def way_out() -> str:
    """What to do about it."""
    return f"start it, or mend redis_cache in {options_stand_in()}"
