"""Spreading load: entries that would all start at one moment start a little apart.

Frappe v14 and early v15 add up to ten minutes to every ``*_long`` event; from v16 on they mean to
shift ``*_maintenance`` by up to an hour per site, compute it and forget it. Both are drawn from
hashes here: once for a slot, the same in every process and after every restart.
"""

from datetime import datetime, timedelta
from hashlib import sha1, sha256

from frappe_celery.schedule.clock import in_utc
from frappe_celery.schedule.cron import Cron
from frappe_celery.schedule.frequencies import frequency_of

LONGEST_DELAY = 600
"""Seconds, as Frappe's own `randint(1, 600)`."""


def long_delay(site: str, key: str, due: datetime) -> int:
    """Seconds, 1 to 600, by which an entry's ``*_long`` slot starts after its cron time ``due``.

    ``key`` tells the site's entries apart (the method, or the Scheduled Job Type's name).
    """
    slot = f"{site}\n{key}\n{due.timestamp():.0f}"
    return 1 + int.from_bytes(sha256(slot.encode()).digest()[:8], "big") % LONGEST_DELAY


def is_maintenance(frequency: str) -> bool:
    """Whether a word or label is one of those that start shifted."""
    return frequency_of(frequency).endswith("_maintenance")


def maintenance_shift(site: str) -> int:
    """Minutes, 0 to 59, by which a site's ``*_maintenance`` events start after their cron time."""
    return int(sha1(site.encode(), usedforsecurity=False).hexdigest(), 16) % 60


def next_start(
    cron: Cron, instant: datetime, frequency: str, site: str, key: str, delays_long: bool
) -> datetime:
    """When an entry of a frequency is due next, strictly after ``instant``, its spread included.

    ``instant`` is aware, the answer in UTC. ``frequency`` is a word or a label (``daily_long``,
    ``Daily Long``); without a spread, such as for ``Cron``, this is ``cron.next_after(instant)``.
    ``delays_long``: whether this Frappe delays ``*_long`` events. Raises what that raises.
    """
    word = frequency_of(frequency)
    instant = in_utc(instant)
    if is_maintenance(word):
        shift = timedelta(minutes=maintenance_shift(site))
        return cron.next_after(instant - shift) + shift
    if not delays_long or not word.endswith("_long"):
        return cron.next_after(instant)
    due = cron.next_after(instant - timedelta(seconds=LONGEST_DELAY))
    while True:
        start = due + timedelta(seconds=long_delay(site, key, due))
        if start > instant:
            return start
        due = cron.next_after(due)
