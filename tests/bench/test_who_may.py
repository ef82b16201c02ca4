"""Who may see and do what with jobs over HTTP: as in stock Frappe, cell by cell.

A web server of the bench with Frappe and RQ as they are, and one that is switched on, are asked the
same about the same kinds of jobs of two sites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.bench.bench import Bench
from tests.bench.conftest import NO_JOB_LEFT
from tests.bench.who_may import (
    CHANGE,
    ENQUEUE,
    MIGHTY,
    OTHERS,
    OWN,
    READ,
    RENAMED,
    STATUSES,
    STOP,
    USERS,
    WHOSE,
    Answer,
    Cell,
    Web,
)
from tests.ports import free_port
from tests.waiting import wait_until

Key = tuple[str, str, str]
"""Who asks, for what, about what."""

pytestmark = pytest.mark.timeout(600)


def waiting(whose: str) -> str:
    return f"{whose} waiting"


OFF = {"FRAPPE_CELERY_ENABLED": "false"}
FAULTY = "TypeError"
"""What Frappe 16.17's own list of jobs raises that is asked for in no order."""
WORKER = ("python", "-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue")
KINDS = [f"{whose} {status}" for whose in WHOSE for status in STATUSES]
READS = [
    (user, cell, kind)
    for cell in READ
    for user in USERS
    for kind in (KINDS if cell.of_one else [""])
]
CHANGES = [(user, cell, waiting(whose)) for cell in CHANGE for user in USERS for whose in WHOSE]
STOPS = [(user, STOP, f"{whose} started") for user in USERS for whose in WHOSE]
ENQUEUES = [(user, cell, "") for cell in ENQUEUE for user in USERS]
FORM = "frappe.desk.form.load.getdoctype"
"""A doctype's form, which Frappe keeps once somebody has read it."""
LIST = "GET /api/resource/RQ Job creation desc"
TABLE: list[Key] = [
    (user, cell.name, what) for user, cell, what in [*READS, *CHANGES, *STOPS, *ENQUEUES]
]
SLOW_ON_SQLITE = {
    "GET /api/resource/System Health Report/System Health Report",
    "GET /api/method/frappe.desk.form.load.getdoc System Health Report",
}
"""Frappe sums up the size of each table there, which takes longer than a request may."""


def left_out(bench: Bench, request: str) -> bool:
    return bench.database == "sqlite" and request in SLOW_ON_SQLITE


USERS_MADE = """
def made(name, *roles):
    user = frappe.get_doc(doctype="User", email=f"{name}@who.example", first_name=name,
                          send_welcome_email=0).insert()
    user.add_roles(*roles)
    return user.name

frappe.get_doc(doctype="Role", role_name="Who May", desk_access=1).insert()
answer = {"website user": made("web"), "desk user": made("desk", "Who May"),
          "System Manager": made("manager", "System Manager")}
kinds = [frappe.db.get_value("User", user, "user_type") for user in answer.values()]
assert kinds == ["Website User", "System User", "System User"], kinds
"""

SESSIONS = """
from frappe.auth import CookieManager, LoginManager

def session(user):
    frappe.utils.set_request(path="/")
    frappe.local.cookie_manager = CookieManager()
    frappe.local.login_manager = LoginManager()
    frappe.local.login_manager.login_as(user)
    return frappe.session.sid

answer = {user: session(name) for user, name in users.items()}
"""

NO_DOCUMENT_LEFT = """
for doctype in ("Prepared Report", "Data Import", "Background Task"):
    if frappe.db.table_exists(doctype):
        for filters in ({"owner": ("like", "%@who.example")}, {"name": ("like", "who may %")},
                        {"owner": "Administrator", "creation": (">", since)}):
            frappe.db.delete(doctype, filters)
"""

NOBODY_LEFT = """
for name in ("web", "desk", "manager"):
    frappe.delete_doc("User", f"{name}@who.example", force=True, ignore_missing=True)
frappe.delete_doc("Role", "Who May", force=True, ignore_missing=True)
"""

JOBS_MADE = """
from frappe.utils.background_jobs import create_job_id, execute_job, get_queue
def enqueue_after(job, method, queue, **kwargs):
    if ours:
        from frappe_celery import options
        return options(depends_on=job).enqueue(method, queue, **kwargs)
    said = {"site": frappe.local.site, "user": frappe.session.user, "method": method, "event": None,
            "job_name": None, "is_async": True, "kwargs": kwargs}
    named = {"job_id": create_job_id(frappe.generate_hash()), "depends_on": job}
    return get_queue(queue).enqueue_call(execute_job, kwargs=said, **named)

def enqueue(method, **kwargs):  # 14 makes up no id with the site in it
    return frappe.enqueue(method, job_id=frappe.generate_hash(), **kwargs)

secret = f"secret-of-{frappe.local.site}-%s-end"
jobs = {
    "waiting": enqueue(fc_probe.echo, queue="short", label=secret % "waiting"),
    "finished": enqueue(fc_probe.echo, label=secret % "finished"),
    "failed": enqueue(fc_probe.fail, label=secret % "failed"),
}
ended(jobs["finished"], jobs["failed"])
for name in ("started", "started too")[:running]:
    jobs[name] = enqueue(fc_probe.hold, queue="long", until=f"{folder}/{secret % name}")
    until(lambda: jobs[name].is_started)
jobs["deferred"] = enqueue_after(jobs["started"], fc_probe.echo, "short", label=secret % "deferred")
answer = {name: job.id for name, job in jobs.items()}
"""

WORKERS = "answer = {w.current_job_id or '': w.name for w in frappe.get_all('RQ Worker')}"

TARGETS_MADE = """
from frappe.utils.background_jobs import create_job_id
mark = create_job_id("own").removeprefix(frappe.local.site).removesuffix("own")

def target(number, doctype):
    name = f"who may {number}"
    if doctype == "Data Import":
        own = f"data_import{mark}{name}" if named else frappe.generate_hash()
        job = frappe.enqueue(fc_probe.echo, queue="short", job_id=own)
        return job.id, name if named else job.id.rpartition(mark)[2]
    if doctype == "Background Task":
        if not frappe.db.table_exists(doctype):
            return None, name
        from frappe.utils.task_queue import enqueue_task
        task = enqueue_task(fc_probe.nothing, queue="short", enqueue_after_commit=False)
        return create_job_id(task.task_id), task.task_id
    job = frappe.enqueue(fc_probe.echo, queue="short", job_id=frappe.generate_hash())
    return job.id, name if doctype else job.id

answer = {number: target(number, doctype) for number, doctype in asked.items()}
"""

DOCUMENTS_MADE = """
for name, doctype, job_id in asked:
    more = ({"reference_doctype": "ToDo", "import_type": "Insert New Records", "status": "Pending"}
            if doctype == "Data Import" else
            {"report_name": "Permitted Documents For User", "status": "Queued", "job_id": job_id,
             "filters": "{}"})
    frappe.get_doc(doctype=doctype, name=name, **more).db_insert()
"""

ROW = """
row = frappe.get_last_doc("Scheduled Job Type", {"method": "frappe.oauth.delete_oauth2_data"})
enabled = frappe.db.get_single_value("System Settings", "enable_scheduler")
answer = [row.name, str(row.last_execution or ""), frappe.utils.cint(enabled)]
"""

ROW_AS_BEFORE = """
frappe.db.set_value("Scheduled Job Type", row, "last_execution", last_execution or None)
frappe.db.set_single_value("System Settings", "enable_scheduler", enabled)
"""


class Side:
    """Stock Frappe or ours: its server, its jobs, and what it answers."""

    def __init__(self, bench: Bench, web: Web, environment: dict[str, str]) -> None:
        self.bench = bench
        self.web = web
        self.environment = environment
        self.own, self.other = bench.sites[:2]
        self.answers: dict[Key, Answer] = {}
        self.ids: dict[str, str] = {}

    def site_of(self, whose: str) -> str:
        return self.own if whose == OWN else self.other

    def in_site(self, code: str, whose: str = OWN, **names: object) -> Any:
        given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
        return self.bench.ask(given + code, self.site_of(whose), **self.environment)

    def make_jobs(self) -> None:
        """One in each status on each site; a second that runs, for the second who may stop it."""
        for whose, running in ((OWN, 2), (OTHERS, 1)):
            folder = str(self.bench.logs)
            ours = not self.environment
            for name, job_id in self.in_site(
                JOBS_MADE, whose, running=running, folder=folder, ours=ours
            ).items():
                secret = f"secret-of-{self.site_of(whose)}-{name}-end"
                self.ids[f"{whose} {name}"] = job_id
                self.web.known[job_id] = f"{whose} {name}"
                self.web.known[secret] = f"arguments of {whose} {name}"
                self.web.known[f"ValueError: broken on purpose: {secret}"] = f"error of {whose}"
        for status in STATUSES:
            self.ids[f"{RENAMED} {status}"] = self.renamed(self.ids[f"{OTHERS} {status}"])

    def renamed(self, job_id: str) -> str:
        return job_id.replace(self.other, self.own, 1)

    def let_jobs_end(self) -> None:
        """Those that run."""
        for site, name in (
            (self.own, "started"),
            (self.own, "started too"),
            (self.other, "started"),
        ):
            (self.bench.logs / f"secret-of-{site}-{name}-end").touch()

    def ask(
        self, user: str, cell: Cell, what: str, jobs: dict[str, str], ends: bool = False,
        **names: str,
    ) -> None:  # fmt: skip
        """Ask, and see what became of jobs: of each site one."""
        answer = self.web.answer(self.own, user, cell, **names)

        def became() -> tuple[str, ...]:
            return tuple(self.web.status(self.site_of(whose), id) for whose, id in jobs.items())

        if ends:
            wait_until(lambda: "started" not in became(), 30)
        self.answers[user, cell.name, what] = replace(answer, became=became())

    def read(self) -> None:
        """Ask for what changes nothing."""
        for cell in READ:
            if FORM in cell.name:  # who is the first to read one is told what it leaves out for him
                self.web.ask(self.own, "Administrator", cell)
        runs = self.in_site(WORKERS)
        of_others = self.ids[f"{OTHERS} started"] if self.bench.is_14 else ""  # else it is hidden
        workers = {OWN: runs[self.ids[f"{OWN} started"]], OTHERS: runs[of_others]}
        self.web.known.update({name: f"worker of {whose}" for whose, name in workers.items()})
        for user, cell, kind in READS:
            whose = kind.rpartition(" ")[0]
            about = workers.get(whose, "none") if "RQ Worker" in cell.name else self.ids.get(kind)
            self.ask(user, cell, kind, {}, **({"id": about} if about and cell.of_one else {}))

    def change(self) -> None:
        """Ask for what takes a job that waits away, or a document that has one."""
        targets: dict[str, list[Any]] = {}
        for whose in WHOSE:
            asked = {
                n: c.doctype for n, (_, c, what) in enumerate(CHANGES) if what == waiting(whose)
            }
            targets.update(self.in_site(TARGETS_MADE, whose, asked=asked, named=whose != RENAMED))
        documents = []
        for number, (_, cell, what) in enumerate(CHANGES):
            target = targets[str(number)]
            if what == waiting(RENAMED) and cell.doctype is None:
                target[1] = self.renamed(target[0])
            if cell.doctype in ("Prepared Report", "Data Import"):
                job_id = self.renamed(target[0]) if what == waiting(RENAMED) else target[0]
                documents.append((target[1], cell.doctype, job_id))
        self.in_site(DOCUMENTS_MADE, asked=documents)
        for number, (user, cell, what) in enumerate(CHANGES):
            job_id, about = targets[str(number)]
            jobs = {what.removesuffix(" waiting"): job_id} if job_id else {}
            self.ask(user, cell, what, jobs, id=about)

    def stop(self) -> None:
        """Ask to stop jobs that run: who may stops one of the own site."""
        for user, cell, what in STOPS:
            whose = what.removesuffix(" started")
            mighty = whose == OWN and user in MIGHTY
            job_id = self.ids[what + (" too" if mighty and user == MIGHTY[-1] else "")]
            self.ask(user, cell, what, {whose: job_id}, ends=mighty, id=job_id)

    def enqueue(self) -> None:
        """Ask for what enqueues, and what takes all failed jobs."""
        row, last_execution, enabled = self.in_site(ROW)
        failed = {whose: self.ids[f"{whose} failed"] for whose in (OWN, OTHERS)}
        try:
            for user, cell, what in ENQUEUES:
                if not left_out(self.bench, cell.name):
                    self.ask(user, cell, what, failed, row=row)
        finally:
            before = {"row": row, "last_execution": last_execution, "enabled": enabled}
            self.in_site(ROW_AS_BEFORE, **before)


def nothing_left(bench: Bench, since: dict[str, str]) -> None:
    """No job, and no document that was made on sites since, or that tests left behind."""
    bench.ask(NO_JOB_LEFT)
    for site, begin in since.items():
        bench.ask(f"since = {begin!r}\n{NO_DOCUMENT_LEFT}", site)


def all_asked(bench: Bench, sessions: Any, environment: dict[str, str]) -> dict[Key, Answer]:
    """What one side answers."""
    port = free_port()
    since = {site: bench.ask("answer = frappe.utils.now()", site) for site in sessions}
    nothing_left(bench, since)
    options = ("-b", f"127.0.0.1:{port}", "-w", "1", "-t", "60")
    web = bench.start("gunicorn", *options, "frappe.app:application", **environment)
    side = Side(bench, Web(port, sessions), environment)
    queues = "default,long"
    workers = Bench(bench.root, bench.site, bench.logs / "workers")
    try:
        if environment:
            for _ in range(3):
                workers.start(*WORKER, queues, **environment)
        else:
            workers.worker(3, "--queue", queues)
        side.make_jobs()
        wait_until(lambda: "Booting worker" in web.output(), 60)
        side.read()
        side.change()
        side.stop()
        side.let_jobs_end()
        workers.close()
        side.enqueue()
    finally:
        side.let_jobs_end()
        workers.close()
        nothing_left(bench, since)
        bench.close()
    return side.answers


@pytest.fixture(scope="module")
def sides(
    real_bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, dict[Key, Answer]]]:
    """What stock Frappe and ours answer."""
    logs: Path = tmp_path_factory.mktemp("who-may")
    stock, ours = (Bench(real_bench.root, real_bench.site, logs / each) for each in ("rq", "ours"))
    sites = stock.sites[:2]
    assert len(sites) == 2, "give the bench a second site"
    own, other = sites
    try:
        stock.ask(NOBODY_LEFT, own)
        users = {"Administrator": "Administrator"}
        logged_in = {own: {**stock.ask(USERS_MADE, own), **users}, other: users}
        sessions = {
            site: stock.ask(f"users = {users!r}\n{SESSIONS}", site)
            for site, users in logged_in.items()
        }
        yield {"stock": all_asked(stock, sessions, OFF), "ours": all_asked(ours, sessions, {})}
    finally:
        ours.ask(NOBODY_LEFT, own)
        ours.close()


@pytest.mark.parametrize("request_", dict.fromkeys(name for _, name, _ in TABLE))
def test_everyone_gets_stock_frappes_answer(
    real_bench: Bench, sides: dict[str, dict[Key, Answer]], request_: str
) -> None:
    if real_bench.is_14 and "get_count RQ Job" in request_:
        pytest.skip("Frappe 14 counts no jobs: it says 0")
    if left_out(real_bench, request_):
        pytest.skip("Frappe needs minutes for its System Health Report on SQLite")
    keys = [key for key in TABLE if key[1] == request_]
    stock, ours = ([(key, sides[side][key]) for key in keys] for side in ("stock", "ours"))
    differing = [
        (theirs, own)
        for theirs, own in zip(stock, ours, strict=True)
        if theirs != own and theirs[1].error != FAULTY
    ]
    assert not differing, "\n".join(
        f"{user} of {what or 'all'}:\n  stock {theirs}\n  ours  {own}"
        for ((user, _, what), theirs), (_, own) in differing
    )


def test_the_table_tells_people_and_sites_apart(
    real_bench: Bench, sides: dict[str, dict[Key, Answer]]
) -> None:
    """Else it would compare nothing."""
    stock = sides["stock"]
    listed = stock["System Manager", LIST, ""].shown
    assert {kind for kind in listed if kind in KINDS} == {f"{OWN} {status}" for status in STATUSES}
    assert "arguments of own waiting" in listed
    assert stock["guest", LIST, ""].status == 403
    assert {stock[user, STOP.name, "own started"].became for user in USERS} == {
        ("started",), ("stopped",),
    }  # fmt: skip
    asked = {key for key in TABLE if not left_out(real_bench, key[1])}
    assert asked == stock.keys()
    assert len(TABLE) == len(set(TABLE))
