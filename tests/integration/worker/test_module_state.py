"""What a job leaves in modules of apps, the next one in its process does not find."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import Job, JobStore
from frappe_celery.worker.state import left
from frappe_celery.worker.state.restoring import FULL_EVERY
from tests.integration.benches import ended, renew_processes, worker, write_tasks
from tests.project import Process, Project
from tests.waiting import HANG_SECONDS, wait_until

RATES = """
import collections
import functools
import os

import myapp.plugins

_rates = {}
__exchange_rates = {}
ORDER = []
SEEN = set()
RECENT = collections.deque(maxlen=3)
BY_SITE = collections.defaultdict(dict)
FULL = {f"{n}": n for n in range(100)}
TREE = {"of": {"numbers": [1]}}
COUNTRY = None
LEVEL = 1
MODEL = None


class Limits:
    found = {}
    highest = 10


class Registry:
    def __init__(self):
        self.names = []


registry = Registry()


@functools.lru_cache
def cached(key):
    return os.getpid(), len(ORDER)


def remembers(value, known=[]):
    known.append(value)
    return len(known)


def use(name):
    global COUNTRY, MODEL
    _rates[name] = 1
    __exchange_rates[name] = 1
    ORDER.append(name)
    SEEN.add(name)
    RECENT.append(name)
    BY_SITE[name]["x"] = 1
    COUNTRY = name
    MODEL = name
    cached(name)


def use_deeply(name):
    import sys

    TREE["of"]["numbers"].append(name)
    Limits.found[name] = 1
    Limits.highest = name
    Limits.added = name
    registry.names.append(name)
    remembers(name)
    sys.modules[__name__].LEVEL = name
    FULL["1"] = name


def use_later(name):
    if name:
        use_deeply(name)


def pay(name):
    import paying

    before, paying.api_key = paying.api_key, name
    return before


def unseen(name):
    if name:
        pay(name)


def state():
    return [
        _rates, __exchange_rates, ORDER, sorted(SEEN), list(RECENT), BY_SITE, COUNTRY,
        cached.cache_info().currsize,
    ]


def deep_state():
    return [
        TREE, Limits.found, Limits.highest, hasattr(Limits, "added"), registry.names,
        remembers("") - 1, LEVEL, FULL["1"],
    ]


def model():
    return MODEL, os.getpid()


def add_plugin():
    import myapp.added

    use("left")


def plugins():
    from myapp import plugins

    return sorted(plugins.REGISTERED), plugins.Base.added_by, len(ORDER)


def pid():
    return os.getpid()


def use_frappe(name):
    import frappe.utils

    frappe.left = frappe.utils.left = frappe.get_doc = name


def left_in_frappe():
    import frappe.utils

    is_replaced = isinstance(frappe.get_doc, str)
    return [hasattr(frappe, "left"), hasattr(frappe.utils, "left"), is_replaced]


PATCHED = False


def patch_once():
    # as code that adds its part to something of another's when that is first needed
    global PATCHED
    if not PATCHED:
        before = myapp.plugins.call
        myapp.plugins.call = lambda: 1 + before()
        PATCHED = True
    return myapp.plugins.call()
"""
PLUGINS = "REGISTERED = {}\n\nclass Base:\n    added_by = None\n\ndef call():\n    return 0\n"
ADDED = """
from myapp import plugins

plugins.REGISTERED["added"] = 1
plugins.Base.added_by = "an import"
"""
AS_IMPORTED = [{}, {}, [], [], [], {}, None, 0]
DEEPLY_AS_IMPORTED = [{"of": {"numbers": [1]}}, {}, 10, False, [], 0, 1, 1]


def write_state(project: Project) -> None:
    write_tasks(project)
    project.write("myapp/rates.py", RATES)
    project.write("myapp/plugins.py", PLUGINS)
    project.write("paying.py", "api_key = None\n")
    project.write("myapp/added.py", ADDED)
    hooks = (project.root / "myapp" / "hooks.py").read_text()
    project.write("myapp/hooks.py", f'{hooks}\nfrappe_celery_keep = ["myapp.rates.MODEL"]\n')
    strict = {"strict": {"full_comparison": True}, "fresh": {"fresh_process": True}}
    project.configure(workers=strict)


@pytest.fixture(scope="module")
def one_process(bench: Project) -> Process:
    write_state(bench)
    return worker(bench, "-c", "1")


@pytest.fixture
def store(one_process: Process, bench_store: JobStore) -> JobStore:
    """Of a worker that the tests share; its process is each test's own."""
    renew_processes(one_process)
    left.forget(bench_store)
    return bench_store


def run(method: str, queue: str = "default", **kwargs: Any) -> Any:
    job: Job = enqueue(f"myapp.rates.{method}", queue=queue, **kwargs)
    assert ended(job).is_finished, job.exc_info
    return json.loads(json.dumps(job.result))


def test_containers_globals_and_caches_are_as_they_were_imported(store: JobStore) -> None:
    run("use", name="left")
    assert run("state") == AS_IMPORTED


def test_a_job_finds_what_it_left_itself_nowhere(store: JobStore) -> None:
    pids = {run("pid") for _ in range(3) if run("use", name="left") is None}
    assert len(pids) == 1
    assert run("state") == AS_IMPORTED


def test_what_is_deeper_is_put_back_after_each_job_of_a_queue_that_asks(
    store: JobStore,
) -> None:
    run("use_deeply", queue="strict", name="left")
    assert run("deep_state") == DEEPLY_AS_IMPORTED


def test_what_is_deeper_is_put_back_after_a_methods_first_job(store: JobStore) -> None:
    enqueue("myapp.rates.use_deeply", name="left")
    seen = ended(enqueue("myapp.rates.deep_state"))
    assert json.loads(json.dumps(seen.result)) == DEEPLY_AS_IMPORTED


def test_what_is_left_later_is_put_back_when_no_job_comes(store: JobStore) -> None:
    run("use_later", name="")
    run("use_later", name="left")
    wait_until(lambda: "myapp.rates.TREE['of']['numbers']" in names(store), HANG_SECONDS)
    assert run("deep_state") == DEEPLY_AS_IMPORTED


def test_what_is_left_later_is_put_back_after_so_many_jobs(store: JobStore) -> None:
    for method in ("use_later", "pid", "deep_state"):
        run(method, **({"name": ""} if method == "use_later" else {}))
    enqueue("myapp.rates.use_later", name="left")
    jobs = [enqueue("myapp.rates.pid") for _ in range(FULL_EVERY)]
    ended(jobs[-1])
    assert run("deep_state") == DEEPLY_AS_IMPORTED


def test_what_a_job_sets_in_a_library_is_put_back(store: JobStore) -> None:
    assert [run("pay", name=name) for name in ("one", "two", "three")] == [None] * 3
    assert "paying.api_key" in names(store)


def test_what_a_job_sets_in_what_stands_in_for_frappe_is_put_back(store: JobStore) -> None:
    assert run("left_in_frappe") == [False] * 3
    run("use_frappe", name="left")
    assert run("left_in_frappe") == [False] * 3


def test_what_was_seen_once_is_looked_at_by_a_new_process_from_its_first_job_on(
    one_process: Process, store: JobStore
) -> None:
    run("use_deeply", name="left")
    run("pay", name="left")
    renew_processes(one_process)
    run("use_later", name="")
    run("unseen", name="")
    enqueue("myapp.rates.use_later", name="left")
    enqueue("myapp.rates.unseen", name="left")
    assert run("deep_state") == DEEPLY_AS_IMPORTED
    assert run("pay", name="") is None


def test_names_are_heard_by_each_process_and_forgotten_in_time(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left, "_heard", b"")
    key = store.keys.left
    store.client.hset(key, "old", json.dumps(["job", time.time() - left.MONTH - 1]))
    for forged in ("nothing", "[]", '["job", "soon"]', "[" * 100_000, "\xff"):
        store.client.hset(key, f"forged {forged[:9]}", forged)
    store.client.hset(key, "young", json.dumps(["job", time.time()]))
    assert left.heard() == {"young"}
    assert not store.client.hexists(key, "old")
    assert left.heard() == set()
    child = os.fork()
    if child == 0:
        left.tell("told", "job")
        left.tell("young", "job")
        os._exit(0)
    os.waitpid(child, 0)
    assert left.heard() == {"young", "told"}
    left.tell("told", "another job")
    assert left.heard() == set(), "that was no news"


def names(store: JobStore) -> set[str]:
    return {found.name for found in left.all_of(store)}


def test_each_name_is_told_with_the_job_that_changed_it(store: JobStore) -> None:
    run("use", queue="strict", name="left")
    run("use_deeply", queue="strict", name="left")
    assert names(store) == {
        *("myapp.rates._rates", "myapp.rates.__exchange_rates", "myapp.rates.ORDER"),
        *("myapp.rates.SEEN", "myapp.rates.RECENT", "myapp.rates.BY_SITE", "myapp.rates.COUNTRY"),
        *("myapp.rates.cached", "myapp.rates.TREE['of']['numbers']", "myapp.rates.Limits.found"),
        *("myapp.rates.Limits.highest", "myapp.rates.Limits.added", "myapp.rates.registry.names"),
        *("myapp.rates.remembers(…)", "myapp.rates.LEVEL", "myapp.rates.FULL"),
    }
    assert {found.job.partition("[")[0] for found in left.all_of(store)} == {
        "myapp.rates.use",
        "myapp.rates.use_deeply",
    }


def test_what_an_app_says_that_it_keeps_is_kept(store: JobStore) -> None:
    run("use", queue="strict", name="left")
    model, first = run("model")
    assert model == "left"
    assert run("model", queue="strict") == ["left", first]


def test_what_imports_register_stays_and_what_the_job_left_does_not(store: JobStore) -> None:
    run("add_plugin", queue="strict")
    assert run("plugins") == [["added"], "an import", 0]


def test_a_module_that_a_job_imports_is_known_as_it_was_then(
    bench: Project, store: JobStore
) -> None:
    bench.write("myapp/late.py", "KNOWN = {}\ndef use():\n    KNOWN[1] = 1\n    return len(KNOWN)")
    jobs = [ended(enqueue("myapp.late.use")) for _ in range(2)]
    assert [job.result for job in jobs] == [1, 1]


def test_what_is_changed_together_is_put_back_together(store: JobStore) -> None:
    assert [run("patch_once") for _ in range(4)] == [1, 1, 1, 1]


def test_a_fork_for_one_job_begins_as_imported(store: JobStore) -> None:
    run("use", name="left")
    run("use", queue="fresh", name="left")
    assert run("state", queue="fresh") == AS_IMPORTED


def test_a_worker_that_runs_jobs_itself_puts_back_too(
    project: Project, pool_store: JobStore
) -> None:
    write_state(project)
    worker(project, "--pool", "solo")
    run("use", name="left")
    assert run("state") == AS_IMPORTED
