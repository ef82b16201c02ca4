"""One field of a cron expression after the other, as `expression` has croniter read them.

Read alone, a field means the same in every version of croniter and at every length of the
expression: as a whole, croniter 2.0 takes Sunday as ``7`` in six fields but never reaches it,
and 6.0 refuses it.
"""

import re
from dataclasses import dataclass, replace

from croniter import croniter

from frappe_celery.errors import ConfigError
from frappe_celery.schedule.frequencies import ALIASES

LAST = -1
"""Stands for ``L``, the last day of a month or the last such weekday in it."""

# name: a template for croniter, the field's place in it, its least and greatest value, its words
FIELDS = {
    "minute": ("{} * * * *", 0, 0, 59, ""),
    "hour": ("* {} * * *", 1, 0, 23, ""),
    "day of the month": ("* * {} * *", 2, 1, 31, " or L for the last"),
    "month": ("* * * {} *", 3, 1, 12, " or jan to dec"),
    "day of the week": ("* * * * {}", 4, 0, 6, " or sun to sat, 7 for Sunday, 5#2, L5"),
    "second": ("{} * * * *", 0, 0, 59, ""),
    "year": ("* * * * * * {}", 6, 1970, 2099, " with croniter 3 or newer"),
}
ACCEPTED = (
    "Accepted are croniter's expressions (minute, hour, day of the month, month, day of the week, "
    "then seconds if wanted), such as '*/15 * * * *', '0 9 * * 1-5' or '0 0 L * *'; "
    f"{', '.join(ALIASES)}; and Frappe's words all, hourly, daily, weekly, monthly, yearly and "
    "annual, also with _long, hourly_maintenance and daily_maintenance."
)
ONE = re.compile(r"\b0*(\w+)-0*\1\b(?!\))(/\d+)?", re.IGNORECASE)
"""A range that ends where it begins (``5-5``): from 6.0 on croniter takes it for ``*``."""
RANDOM = re.compile(r"r(\(\d+-\d+\))?(/\d+)?", re.IGNORECASE)


class CronError(ConfigError):
    """A cron expression cannot be read or has no time; the message names it and says why."""


@dataclass(frozen=True)
class Field:
    """What a field allows: all its ``values`` when it is ``*``; `LAST` stands for ``L``.

    ``nth`` holds the (weekday, n) of ``5#2``, ``nearest`` the days of ``15W``.
    """

    text: str
    values: frozenset[int]
    is_full: bool
    nth: frozenset[tuple[int, int]]
    nearest: frozenset[int]

    @property
    def has_star(self) -> bool:
        """Whether the field, or an item of its list, is ``*`` (or ``?``) and nothing else."""
        return not {"*", "?"}.isdisjoint(self.text.split(","))


def read_field(expression: str, name: str, text: str) -> Field:
    """Read one field of an expression. Raises CronError.

    ``R`` is drawn from a hash of the expression: drawn at random, as croniter does, it would
    differ from one process to the next.
    """
    others = [item for item in text.split(",") if item.lower() != "l"]
    if name == "day of the month" and others and len(others) < text.count(",") + 1:
        read_alone = read_field(expression, name, ",".join(others))  # with it 2-31 were `*`
        return replace(read_alone, text=text, values=read_alone.values | {LAST}, is_full=False)
    template, place, least, greatest, words = FIELDS[name]
    is_random = RANDOM.fullmatch(text)
    try:
        read = croniter(
            template.format(f"h{text[1:]}" if is_random else ONE.sub(r"\1", text)),
            0.0,
            hash_id=expression if is_random else None,
        )
    except ValueError as error:
        reason = str(error).strip().splitlines()[-1]
        raise CronError(
            f"{expression!r} is no cron expression: {text!r} cannot be its {name}, which takes "
            f"{least} to {greatest}{words}, in lists, ranges and steps (croniter: {reason}). "
            f"{ACCEPTED}"
        ) from error
    values = read.expanded[place]
    is_full = "*" in values
    return Field(
        text=text,
        values=frozenset(
            range(least, greatest + 1) if is_full else (LAST if v == "l" else v for v in values)
        ),
        is_full=is_full,
        nth=frozenset(
            (day, LAST if n == "l" else n)
            for day, numbers in read.nth_weekday_of_month.items()
            for n in numbers
        ),
        nearest=frozenset(getattr(read, "nearest_weekday", ())),
    )
