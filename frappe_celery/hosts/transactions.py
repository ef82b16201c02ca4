"""The transaction in which a job is enqueued: where it has written, the job starts at its end.

Under RQ a caller has committed before a worker's fork comes to its first query; here a job would
look for what its caller has not committed. A host has a `Transaction` for each connection, and
tells it of every statement.
"""

from __future__ import annotations

import logging
import re
import secrets

from frappe_celery.jobs import get_store
from frappe_celery.jobs.outbox.at_commit import CallRows

logger = logging.getLogger(__name__)

ENDS = frozenset(("commit", "rollback", "start", "begin"))
"""The last two commit what is open. One follows where a driver was told to commit."""
COMMITS_ON_MARIADB = frozenset(("alter", "create", "drop", "rename", "truncate"))
WRITES = COMMITS_ON_MARIADB | {
    *("insert", "update", "delete", "replace", "merge", "load", "copy", "import"),
    *("call", "do", "execute"),
}
_FIRST_WORD = re.compile(
    r"(?:\s|\(|/\*.*?\*/|(?:--|#)[^\n]*\n)*([a-z]+)", re.IGNORECASE | re.DOTALL
)
_TO_SAVEPOINT = re.compile(r"\bto\b", re.IGNORECASE)
_WRITING = re.compile(r"\b(?:insert|update|delete|replace)\b", re.IGNORECASE)


class Transaction:
    """What one connection to a database has open."""

    __slots__ = ("ends", "has_written", "name", "rows")

    def __init__(self) -> None:
        self.has_written = False
        self.ends = False
        """Whether the statement that runs now ends it."""
        self.name: str | None = None
        """By which jobs wait for its end; None: none does."""
        self.rows: list[CallRows] = []
        """Which it has written into its site's outbox."""

    def sees(self, statement: str, on_mariadb: bool) -> None:
        """Note what a statement that is about to run does. A rollback to a savepoint ends nothing:
        what was written before it is still there."""
        first = _FIRST_WORD.match(statement)
        word = first[1].lower() if first else ""
        if word in ENDS:
            self.ends = not (word == "rollback" and _TO_SAVEPOINT.search(statement))
            if not self.ends:
                for row in self.rows:
                    row.is_sure = False
        elif on_mariadb and word in COMMITS_ON_MARIADB:
            self.ends = True
        elif word in WRITES or (word == "with" and _WRITING.search(statement)):
            self.has_written = True

    def named(self) -> str:
        """The name by which a job waits for its end."""
        if self.name is None:
            self.name = secrets.token_hex(8)
        return self.name

    def has_ended(self) -> None:
        """Hand out the jobs that wait. Where Redis is away they start after their longest wait:
        what was committed is not to fail."""
        self.has_written = self.ends = False
        self.rows = []
        if self.name is None:
            return
        name, self.name = self.name, None
        try:
            get_store().transaction_ended(name)
        except Exception as exc:
            logger.error("jobs that waited for a transaction's end are not told of it: %s", exc)
