"""Frappe's frequency words, the keys of ``scheduler_events``, as cron expressions.

Frappe's own table is in ``ScheduledJobType.get_next_execution``
(the ``*_maintenance`` words came with v16). croniter's ``@daily`` and its like are here too.
"""

from collections.abc import Mapping

LONG_SUFFIXES = ("_long", "_maintenance")
DAILY = "0 0 * * *"
_WORDS = {
    "hourly": "0 * * * *",
    "daily": DAILY,
    "weekly": "0 0 * * 0",
    "monthly": "0 0 1 * *",
    "yearly": "0 0 1 1 *",
    "annual": "0 0 1 1 *",
}
FREQUENCIES = {
    word + suffix: cron
    for word, cron in _WORDS.items()
    for suffix in ("", *LONG_SUFFIXES)
    if suffix != "_maintenance" or word in ("hourly", "daily")
}
ALIASES = {
    **{f"@{word}": cron for word, cron in _WORDS.items() if word != "annual"},
    "@midnight": DAILY,
    "@annually": _WORDS["yearly"],
}


def label_of(word: str) -> str:
    """A Scheduled Job Type's frequency label for a word: ``daily_long`` is ``Daily Long``."""
    return word.replace("_", " ").title()


def queue_of(frequency: str, method: str, cron_queues: Mapping[str, str]) -> str:
    """``long`` for long and maintenance events, else as ``cron_queues`` says, else ``default``."""
    if frequency_of(frequency).endswith(LONG_SUFFIXES):
        return "long"
    return cron_queues.get(method, "default")


def frequency_of(label: str) -> str:
    """The word for a Scheduled Job Type's frequency label: ``Daily Long`` is ``daily_long``."""
    return "_".join(label.lower().split())


def cron_of(text: str, tick: int = 60) -> str:
    """The cron expression for a frequency word, a label or an alias; other text as it is.

    ``all`` is due at every scheduler tick, which is ``tick`` seconds long.
    """
    word = frequency_of(text)
    if word == "all":
        return every(tick)
    return FREQUENCIES.get(word) or ALIASES.get(word) or text


def every(seconds: int) -> str:
    """A cron expression that fires every so many seconds, rounded down as Frappe rounds.

    A minute and longer counts in whole minutes, an hour and longer in whole hours, a day and
    longer daily. An interval that does not divide its hour starts anew with the next one, as
    every cron step does.
    """
    if seconds < 60:
        return f"* * * * * */{seconds}"
    if seconds < 3600:
        return f"*/{seconds // 60} * * * *"
    if seconds < 86400:
        return f"0 */{seconds // 3600} * * *"
    return DAILY
