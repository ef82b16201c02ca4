"""A site's database that takes connections and never answers: everybody who looks says so."""

from __future__ import annotations

import json
import time
from typing import Any

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.outages import outages
from frappe_celery.watch.doctor.examination import at_a_glance
from frappe_celery.watch.notify.conditions import look
from tests.integration.benches import inside
from tests.integration.hosts.bench.conftest import StandInBench
from tests.integration.hosts.bench.test_schedule import database, rows
from tests.waiting import HANG_SECONDS, wait_until

AWAY = (
    "the database of site site2 is away: it does not answer. Its jobs wait, and nothing of it is"
    " scheduled, until it is back"
)


def doctor(bench: StandInBench) -> tuple[float, dict[str, Any]]:
    """How long it took, and its sections."""
    began = time.monotonic()
    process = bench.start("doctor", "-m", "frappe_celery.cli", "doctor", "--json")
    assert process.wait(120) == 2
    return time.monotonic() - began, json.loads(process.output())["sections"]


def problems(section: dict[str, Any]) -> list[str]:
    return [one["text"] for one in section["findings"] if one["level"] == "problem"]


def alerts(store: JobStore) -> list[tuple[Any, ...]]:
    return [(one.alert, *one.of) for one in look(store)]


def test_doctor_names_it_within_seconds(bench: StandInBench) -> None:
    rows(bench, {})
    quick, _ = doctor(bench)
    database(bench, "site2", hangs=True)
    bench.write("sites/site3/site_config.json", "{}")
    database(bench, "site3", hangs=True)
    took, sections = doctor(bench)
    assert took < quick + HANG_SECONDS
    said = problems(sections["scheduler"])
    for site in ("site2", "site3"):
        begins = f"the database of site {site} does not answer"
        assert sum(text.startswith(begins) for text in said) == 1
    states = {row.get("site"): row.get("state") for row in sections["scheduler"]["rows"]}
    assert states["site1"] == "scheduled"


def test_a_worker_starts_all_the_same(bench: StandInBench) -> None:
    output = bench.python(
        """
        import time
        import frappe
        from frappe_celery.hosts.bench import preload
        preload.OPEN_SECONDS = 0.2
        frappe.connect = lambda: time.sleep(600)
        preload.import_all()
        """
    )
    assert "no site was open after 0.2 s" in output


def test_beat_sees_it_log_page_and_alert_tell_and_it_ends(bench: StandInBench) -> None:
    rows(bench, {})
    beat = bench.beat()
    beat.wait_for(" leads")
    with inside(bench) as store:
        assert outages(store) == []
        database(bench, "site2", hangs=True)
        beat.wait_for(AWAY, timeout=60)
        (outage,) = outages(store)
        assert (outage.site, outage.error) == ("site2", "it does not answer")
        assert any("database of site site2" in found.text for found in at_a_glance(store))
        assert ("DatabaseAway", ("site", "site2")) in alerts(store)
        _, sections = doctor(bench)
        (said,) = problems(sections["databases"])
        assert said.startswith("the database of site site2 has been away for ")
        assert said.endswith("; it does not answer")

        (bench.root / "sites/site2/database.json").unlink()
        beat.wait_for("the database of site site2 is back")
        wait_until(lambda: not outages(store))
        assert beat.output().count(AWAY) == 1


def test_another_beat_ends_what_the_one_before_had_told(bench: StandInBench) -> None:
    rows(bench, {})
    database(bench, "site2", hangs=True)
    beat = bench.beat()
    beat.wait_for(AWAY, timeout=60)
    beat.kill()
    database(bench, "site2")
    bench.beat().wait_for("the database of site site2 is back", timeout=60)
