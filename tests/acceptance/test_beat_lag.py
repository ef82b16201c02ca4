"""Section 12 of the research document: a heavy `all` event does not hold the schedule up."""

from __future__ import annotations

import ast
import re
from datetime import datetime, timedelta, timezone

from tests.acceptance.desk import notes
from tests.acceptance.snippets import COPIES, Source
from tests.acceptance.snippets_schedule import install_hooks
from tests.project import Process, Project
from tests.waiting import wait_until

HEAVY_SECONDS = 5
ACTED = re.compile(r"myapp\.tasks\.every_tick of site \S+, due (\S+ \S+)\+00:00: (.*)")
EVERY_SECOND = 'scheduler_events["cron"] = {"* * * * * *": ["myapp.tasks.every_tick"]}\n'


def acted(beat: Process) -> dict[datetime, str]:
    """Each due time of `every_tick`, naive UTC as records have it, and what beat did."""
    return {datetime.fromisoformat(due): outcome for due, outcome in ACTED.findall(beat.output())}


def now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def test_beat_lags_less_than_a_second_while_a_heavy_all_event_runs(app_project: Project) -> None:
    source = Source((COPIES / "heavy_processing.py").read_text())
    install_hooks(
        app_project,
        source.only(ast.Assign) + EVERY_SECOND,
        scheduler_tick_interval=1,
        heavy_seconds=HEAVY_SECONDS,
    )
    app_project.worker("-c", "2")  # a process for the heavy job, one for the others
    beat = app_project.beat()

    def heavy() -> list[str]:
        return [n.what for n in notes(app_project) if n.what == "process_millions_of_records"]

    wait_until(heavy, what="the heavy job began")
    began = now() + timedelta(seconds=1)
    wait_until(lambda: len(heavy()) > 1, HEAVY_SECONDS * 3, "the heavy job ended")
    ended = now() - timedelta(seconds=1)

    meanwhile = {due: did for due, did in acted(beat).items() if began <= due <= ended}
    dues = sorted(meanwhile)
    assert len(dues) >= HEAVY_SECONDS - 3
    assert dues[-1] - dues[0] == timedelta(seconds=len(dues) - 1), "every second was acted on"
    assert not [did for did in meanwhile.values() if "missed" in did]

    enqueued = [due for due, did in acted(beat).items() if did.startswith("enqueued")]
    ran = [note for note in notes(app_project) if note.what == "every_tick"]
    records = [datetime.fromisoformat(str(note.enqueued_at)) for note in ran]
    lags = {due: at - due for due, at in zip(enqueued, records, strict=False) if due in meanwhile}
    print({str(due): f"{lag.total_seconds() * 1000:.1f} ms" for due, lag in lags.items()})
    assert len(lags) >= HEAVY_SECONDS - 3
    assert timedelta(0) <= min(lags.values())
    assert max(lags.values()) < timedelta(seconds=1)
