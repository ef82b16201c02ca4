"""Jobs for the tests in a bench; sent as functions, so that no site needs an app for them."""

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress

import frappe

SESSION = {
    "mariadb": {
        "database": "select database()",
        "isolation": "select @@transaction_isolation",
        "less isolation": "set session transaction isolation level read uncommitted",
        "wait a second": "set session innodb_lock_wait_timeout = 1",
    },
    "postgres": {
        "database": "select current_database()",
        "isolation": "show default_transaction_isolation",
        "less isolation": "set default_transaction_isolation to 'read uncommitted'",
        "wait a second": "set lock_timeout to 1000",
    },
    "sqlite": {
        "database": "select file from pragma_database_list",
        "isolation": "select read_uncommitted from pragma_read_uncommitted",
        "less isolation": "pragma read_uncommitted = 1",
        "wait a second": "pragma busy_timeout = 1000",
    },
}
"""Statements of each kind of database."""


def in_session(what):
    """Run one of them; its first value."""
    rows = frappe.db.sql(SESSION[frappe.db.db_type][what])
    return rows[0][0] if rows else None


def nothing():
    pass


def echo(**kwargs):
    return {key: [type(value).__name__, str(value)] for key, value in kwargs.items()}


def write(label):
    """An effect in the site's own database: who did it, and where."""
    frappe.get_doc(
        doctype="ToDo", description=f"{label}|{frappe.local.site}|{frappe.session.user}"
    ).insert(ignore_permissions=True)


def read_and_write(label):
    """On SQLite the one lock is not had by who has read before another committed."""
    frappe.get_all("ToDo", {"description": ("like", f"{label}%")}, limit=1)
    time.sleep(0.02)
    write(label)
    time.sleep(0.05)


def get_job(job_id):
    """Frappe's own; 14 has none."""
    from frappe.utils import background_jobs as jobs

    if hasattr(jobs, "get_job"):
        return jobs.get_job(job_id)
    with suppress(jobs.NoSuchJobError):
        return jobs.Job.fetch(jobs.create_job_id(job_id), connection=jobs.get_redis_conn())


async def write_and_await(label, seconds=0):
    write(label)
    await asyncio.sleep(seconds)


def generate(label):
    write(label)
    yield label


def fail(label):
    write(label)
    raise ValueError(f"broken on purpose: {label}")


def tell(job, connection, kind, value, trace):
    """An `on_failure`."""
    write(f"{job.kwargs['kwargs']['until']} {kind.__name__}")
    frappe.db.commit()


def change_what_frappe_keeps():
    meta = frappe.get_meta("ToDo")
    meta.get_field("description").label = "changed by a job"
    meta.fields.append(meta.fields[0])
    frappe.get_hooks("app_include_js").append("changed.js")
    frappe.get_hooks("doc_events").setdefault("ToDo", {})["validate"] = ["changed"]


def what_frappe_keeps():
    meta = frappe.get_meta("ToDo")
    hooks = [frappe.get_hooks(name) for name in ("app_include_js", "doc_events")]
    return [os.getpid(), meta.get_field("description").label, len(meta.fields), str(hooks)]


def log(text):
    frappe.utils.logger.set_log_level("DEBUG")
    frappe.logger("fc_probe").debug(text)


def log_level():
    return frappe.log_level


def note(ledger, label, at):
    """In a file outside of every system: that it runs, when it was enqueued and when it began."""
    with open(ledger, "a") as notes:
        notes.write(f"{label} {at} {time.time()}\n")


def process():
    return os.getpid()


def sleep(seconds):
    time.sleep(seconds)


def hold(until):
    """A process, until the file is there."""
    while not os.path.exists(until):
        time.sleep(0.02)


def find(path):
    """Fail while the file is not there."""
    os.stat(path)


def loop(seconds):
    """Until its timeout, which it takes note of by the name that RQ gives it."""
    from rq.timeouts import JobTimeoutException

    try:
        time.sleep(seconds)
    except JobTimeoutException as exc:
        write("timed out")
        frappe.db.commit()
        raise exc


def current_job():
    from rq import get_current_job

    job = get_current_job()
    return {"id": job.id, "kwargs": job.kwargs["kwargs"], "wait": str(job.enqueued_at)}


def make_a_mess(how):
    """Leave behind whatever a job can leave behind, and end in one of several ways."""
    frappe.flags.left_behind = True
    frappe.local.left_behind = True
    frappe.conf.left_behind = True
    frappe.local.lang = "fr"
    frappe.local.message_log.append("left behind")
    frappe.form_dict.left_behind = True
    write("left behind")
    in_session("less isolation")
    frappe.set_user("Guest")
    os.chdir("/")
    signal.signal(signal.SIGALRM, lambda *_: None)
    if how == "raise":
        raise ValueError("broken on purpose")
    if how == "exit":
        sys.exit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    frappe.db.rollback()


def state():
    """What a job finds: nothing of the one before."""
    return {
        "site": frappe.local.site,
        "user": frappe.session.user,
        "database": in_session("database"),
        "isolation": in_session("isolation"),
        "in_folder": os.path.exists("apps.txt"),
        "lang": frappe.local.lang,
        "messages": len(frappe.local.message_log),
        "left_behind": [
            name
            for name in ("flags", "conf", "form_dict", "local")
            if getattr(getattr(frappe, name), "left_behind", None)
        ],
        "handler": getattr(signal.getsignal(signal.SIGALRM), "__qualname__", None),
        "pid": os.getpid(),
    }


def connection():
    """Its number at the server, and what its session is like."""
    own = {"pseudo_thread_id", "timestamp", "rand_seed1", "rand_seed2"}
    variables = {k: v for k, v in frappe.db.sql("show session variables") if k not in own}
    user_variable, id = frappe.db.sql("select @left_behind, connection_id()")[0]
    return id, {**variables, "@left_behind": user_variable}


def leave_in_the_session(how):
    frappe.db.sql("set @left_behind = 1, sql_mode = '', max_statement_time = 7")
    frappe.db.sql("set names latin1")
    frappe.db.sql("create temporary table left_behind (a int)")
    frappe.db.sql("select get_lock('left behind', 0)")
    if how == "killed":
        with suppress(frappe.db.OperationalError):
            frappe.db.sql("kill connection_id()")
        frappe.db.connect()
    write("left behind")
    id = connection()[0]
    if how == "raise":
        raise ValueError(f"connection {id}")
    frappe.db.rollback()
    return id


def ask_for_a_rerun(key, times):
    """Run again `times` times; its user each time stands in the cache under `key`."""
    seen = frappe.cache().get_value(key) or []
    seen.append(frappe.session.user)
    frappe.cache().set_value(key, seen)
    write("rerun")
    if len(seen) <= times:
        raise frappe.RetryBackgroundJobError
    return seen


def change_what_was_read(name, gate, text):
    """How often it was begun."""
    if frappe.db.db_type == "sqlite":
        frappe.db.commit()  # before which Frappe begins no transaction there
    frappe.db.get_value("ToDo", name, "description")
    with open(gate + ".read", "a") as begun:
        begun.write("x")
    hold(gate)
    frappe.db.set_value("ToDo", name, "description", text)
    return os.path.getsize(gate + ".read")


def end_other_connections():
    if frappe.db.db_type == "postgres":
        frappe.db.sql("""select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()""")
        return
    own = connection()[0]
    for row in frappe.db.sql("show processlist", as_dict=True):
        if row.Id != own:
            frappe.db.sql(f"kill {row.Id}")


def lock(name):
    """A row, in a transaction that writes nothing: a job that is enqueued in it starts at once."""
    if frappe.db.db_type == "sqlite":  # all of it
        frappe.db.sql("commit")
        frappe.db.sql("begin immediate")
    else:
        frappe.db.sql("select name from `tabToDo` where name = %s for update", name)


def update_locked(name, text):
    """Wait no longer than a second for a row that somebody else has locked."""
    in_session("wait a second")
    frappe.db.set_value("ToDo", name, "description", text)
    return frappe.session.user


def enqueue_more(label, times):
    for number in range(times):
        frappe.enqueue(write, label=f"{label}{number}", enqueue_after_commit=bool(number % 2))


def succeeded(job, connection, result, *args, **kwargs):
    write(f"succeeded {job.kwargs['kwargs']['label']}")


def failed(job, connection, type, value, traceback):
    write(f"failed {job.kwargs['kwargs']['label']}: {value}")


def now(key):
    """When it ran, in the cache under `key`."""
    frappe.cache().set_value(key, time.time())


def tell_telemetry():
    """Capture an event as Frappe does on a site that allows it, for a server that is away."""
    from frappe.utils import telemetry

    frappe.conf.update(posthog_project_id="a key", posthog_host="http://127.0.0.1:9")
    telemetry.capture("happened", "frappe")
    return telemetry_threads()


def telemetry_threads():
    import threading

    return sum(type(thread).__module__.startswith("posthog") for thread in threading.enumerate())


def tell_sentry(label):
    import sentry_sdk

    sentry_sdk.add_breadcrumb(message=label)
    sentry_sdk.set_tag("left", label)


def fail_with(error, label, title):
    write(label)
    frappe.db.commit()
    raise {"KeyError": KeyError, "ValueError": ValueError}[error](label)


def fail_once(label):
    write(label)
    frappe.db.commit()
    if frappe.db.count("ToDo", {"description": ("like", f"%{label}%")}) == 1:
        raise KeyError(label)
    return "in the end"


def show_progress(gate):
    frappe.get_current_task().publish_progress(40, "reading")
    deadline = time.monotonic() + 30
    while not frappe.cache().get_value(gate, expires=True) and time.monotonic() < deadline:
        time.sleep(0.02)
    return {"rows": 3}


def sees(name):
    return frappe.db.exists("ToDo", name)


def enqueue_before_a_commit(gate):
    """What its own job sees of what it wrote, and what it returns meanwhile."""
    todo = frappe.get_doc({"doctype": "ToDo", "description": "of a job"}).insert()
    job = frappe.enqueue(sees, queue="short", name=todo.name)
    hold(gate)
    return job.id
