"""Bodies that are small until they are unpacked."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import compression

from frappe_celery import celery_app
from frappe_celery.brokers import packed
from frappe_celery.errors import Refused
from frappe_celery.jobs import JobStore
from tests.brokers import both_brokers
from tests.integration.benches import inside
from tests.integration.brokers.hands import Hand
from tests.project import Process, Project
from tests.waiting import wait_until

OWN = """
from celery import shared_task

from myapp.tasks import record


@shared_task
def add(a, b):
    return record(f"add {len(a)} {b}") and b
"""
MEGABYTE = 1024


def bomb() -> bytes:
    """A few hundred bytes of 720 MB: what follows a stream of bzip2's is its next one."""
    return bz2.compress(bytes(90_000_000)) * 8


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    project.write("celeryconfig.py", "imports = ('myapp.own',)\n")
    project.write("myapp/own.py", OWN)
    with inside(project) as store:
        yield store


def most_memory(process: Process) -> int:
    """That it ever had, in KiB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


@both_brokers
def test_a_command_that_nobody_signed_is_refused_before_it_is_unpacked(
    project: Project, store: JobStore
) -> None:
    process = project.worker()
    app = celery_app.build()
    assert app.control.ping(timeout=30, limit=1)
    before = most_memory(process)
    Hand(store, app).command(bomb(), compression="application/x-bz2")
    wait_until(store.number_refused, what="it is listed")
    assert "it is compressed, and its signature is missing or wrong" in store.refused()[0]["reason"]
    assert app.control.ping(timeout=30, limit=1)
    assert most_memory(process) - before < 20 * MEGABYTE


@both_brokers
def test_a_body_is_unpacked_as_far_as_a_bound(
    project: Project, store: JobStore, redis_url: str
) -> None:
    """In a queue of a team's own, which takes what comes."""
    broker = store.settings.broker_url or redis_url
    name = store.keys.prefix
    project.write(
        "team.py",
        f"""
        from celery import Celery
        import frappe_celery

        app = Celery("team", broker={broker!r}, include=["myapp.own"])
        app.conf.task_default_queue = {name!r}
        app.set_default()
        frappe_celery.setup(app)
        """,
    )
    words = ("-m", "celery", "-A", "team", "worker", "-c", "1", "-l", "INFO")
    process = project.start("team", *words)
    process.wait_for(" ready.")
    before = most_memory(process)
    hand = Hand(store, celery_app.build())
    body = json.dumps([["a" * 1000, "small"], {}, {}]).encode()
    task = {"task": "myapp.own.add", "own": False, "queue": name}
    hand.task(bomb(), compression="application/x-bz2", **task)
    hand.task(body, compression="application/x-brotli", **task)
    hand.task(bz2.compress(body), compression="application/x-bz2", **task)
    wait_until(lambda: "add 1000 small" in project.effects(), 30, "the small one runs")
    found = " ".join(entry["reason"] for entry in store.refused())
    assert "unpacked it has more than 67,108,864 bytes: put it into a file" in found
    assert "'application/x-brotli' cannot be bounded: send it by " in found
    assert process.popen.poll() is None
    assert most_memory(process) - before < 250 * MEGABYTE


@both_brokers
def test_what_is_signed_may_be_compressed(project: Project, store: JobStore) -> None:
    project.worker()
    kinds = [name for name in compression.encoders() if "brotli" not in name]
    project.python(
        f"""
        import frappe_celery
        frappe_celery.app.set_current()
        from myapp.own import add
        for kind in {kinds}:
            add.apply_async(("a" * 100, kind), compression=kind)
        """
    )
    wanted = [f"add 100 {kind}" for kind in kinds]
    wait_until(lambda: sorted(project.effects()) == sorted(wanted), 30, "each of them runs")
    assert not store.number_refused()


@pytest.mark.parametrize(
    ("kind", "pack"),
    [
        ("application/x-gzip", zlib.compress),
        ("application/x-bz2", bz2.compress),
        ("application/x-lzma", lzma.compress),
    ],
)
def test_of_each_kind_there_is_a_bound(kind: str, pack: object) -> None:
    assert packed.unpack(pack(b"text"), kind) == b"text"  # type: ignore[operator]
    most = bytes(packed.MOST_BYTES)
    assert packed.unpack(pack(most), kind) == most  # type: ignore[operator]
    with pytest.raises(Refused, match="more than 67,108,864 bytes"):
        packed.unpack(pack(most + b"0"), kind)  # type: ignore[operator]
    with pytest.raises((zlib.error, lzma.LZMAError, OSError)):
        packed.unpack(gzip.compress(b"text"), kind)
