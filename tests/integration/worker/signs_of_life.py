"""When a worker last gave which sign of life, by the broker's clock, and whether one waits."""

from __future__ import annotations

from frappe_celery.jobs import JobStore
from tests.project import Process
from tests.waiting import wait_until


def silent_for(store: JobStore, worker: Process) -> dict[str, float]:
    """Seconds since the last sign of its `process` and `jobs`, by a thread, and of its `loop`."""
    seconds, microseconds = store.client.time()
    now = seconds + microseconds / 1e6
    signs = store.client.zrange(store.keys.consumers, 0, -1, withscores=True)
    found = {}
    for name, at in signs:
        _, is_its, rest = name.decode().partition(f":{worker.pid}:")
        whose = rest.partition(":")[2] or "process"
        if is_its:
            found[whose if whose in ("process", "jobs") else "loop"] = now - at
    return found


def listens_for_the_bell(store: JobStore) -> bool:
    """What a process does that has been told that its last job is recorded."""
    return any(c["cmd"] == "blpop" and "b" in c["flags"] for c in store.client.client_list())


def wait_for_a_sign_of_life(store: JobStore, worker: Process) -> None:
    """One more than it has given by now, of its process and of what holds its jobs."""
    before = silent_for(store, worker)

    def has_given_one() -> bool:
        now = silent_for(store, worker)
        return all(now[whose] < before[whose] for whose in ("process", "jobs"))

    wait_until(has_given_one, 30, "the worker has given a sign of life")
