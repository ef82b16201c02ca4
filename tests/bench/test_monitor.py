"""`monitor` in a site's configuration: a line for each job in logs/monitor.json.log."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.bench import Bench

SCHEDULED = "frappe.oauth.delete_oauth2_data"
WAIT_SECONDS = 2.0
ENQUEUE = """
frappe.get_doc("Scheduled Job Type", {{"method": {scheduled!r}}}).enqueue(force=True)
frappe.enqueue(fc_probe.fail, label={label!r}, job_id="{label}-bad")
before = time.time()
frappe.enqueue(fc_probe.now, key={label!r}, job_id="{label}-good", enqueue_after_commit=True)
time.sleep(0.1)
frappe.db.commit()
answer = [before, time.time()]
time.sleep({wait})
"""
LINES = """
import frappe.monitor
frappe.monitor.flush()
with open(frappe.monitor.log_file()) as file:
    lines = [json.loads(line) for line in file]
answer = [[line for line in lines if line["transaction_type"] == "job"],
          frappe.cache().get_value({label!r})]
"""


def lines_of(bench: Bench, **environment: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Three jobs' lines by what the job was, and when the good one was enqueued and ran."""
    label = uuid.uuid4().hex
    code = ENQUEUE.format(label=label, scheduled=SCHEDULED, wait=WAIT_SECONDS)
    before, after = bench.ask(code, **environment)
    bench.frappe("worker", "--burst", **environment)
    found, ran_at = bench.ask(LINES.format(label=label), **environment)
    ids = [str(line.get("job_id") or line["uuid"]) for line in found]
    lines = dict(zip(ids, found, strict=True))
    by_kind = {
        "good": lines[f"{bench.site}{bench.id_mark}{label}-good"],
        "bad": lines[f"{bench.site}{bench.id_mark}{label}-bad"],
        "scheduled": next(line for line in reversed(found) if line["job"]["scheduled"]),
    }
    return by_kind, {"before": before, "after": after, "ran": ran_at}


@pytest.fixture
def monitored(bench: Bench) -> Iterator[Bench]:
    """The bench, with `monitor` set for its site."""
    file = bench.root / "sites" / bench.site / "site_config.json"
    before = file.read_text()
    file.write_text(json.dumps({**json.loads(before), "monitor": 1}))
    yield bench
    file.write_text(before)


def test_the_lines_are_rqs_with_the_real_wait_and_the_jobs_id(monitored: Bench) -> None:
    rqs, _ = lines_of(monitored, FRAPPE_CELERY_ENABLED="false")
    ours, times = lines_of(monitored)
    for kind, line in ours.items():
        assert line.keys() == rqs[kind].keys()
        assert line["job"].keys() == rqs[kind]["job"].keys()
        for same in ("site", "transaction_type", "exception"):
            assert line.get(same) == rqs[kind].get(same)
        for same in ("method", "scheduled"):
            assert line["job"][same] == rqs[kind]["job"][same]
        assert line["job"]["wait"] >= WAIT_SECONDS * 1e6
        assert line["duration"] > 0
    assert ours["scheduled"]["job"]["method"] == SCHEDULED
    wait = ours["good"]["job"]["wait"] / 1e6
    assert times["ran"] - times["after"] - 1 < wait <= times["ran"] - times["before"] - 0.1
