"""What the other packages of this distribution add, by entry points: nothing here names them."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from frappe_celery.errors import ConfigError

DISTRIBUTION = "frappe_celery"
COMMANDS, HOSTS = "frappe_celery.commands", "frappe_celery.hosts"


def load(group: str, name: str) -> Any:
    """What an entry point names.

    Raises:
        ConfigError: there is none: this is a checkout that is not installed, or was installed
            before it had that.
    """
    with suppress(PackageNotFoundError):
        for point in distribution(DISTRIBUTION).entry_points.select(group=group, name=name):
            return point.load()
    raise ConfigError(
        f"{name!r} is not there: it is a part of {DISTRIBUTION} that is found by its entry points,"
        f" which are written when it is installed. Install it again: pip install {DISTRIBUTION}, or"
        " pip install -e . in a checkout"
    )
