"""What differs in Frappe or RQ is found before the switch, and never leads to RQ in silence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.hosts.bench.conftest import STANDIN, StandInBench

JOBS, DOCUMENT = "frappe/utils/background_jobs.py", "frappe/model/document.py"
JOB_TYPE = "frappe/core/doctype/scheduled_job_type/scheduled_job_type.py"


class Changed:
    """The stand-ins of a bench, one line of them another."""

    def __init__(self, bench: StandInBench, where: Path) -> None:
        self.bench, self.where = bench, where
        shutil.copytree(STANDIN, where)

    def change(self, file: str, old: str, new: str) -> None:
        path = self.where / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    @property
    def environment(self) -> dict[str, str]:
        path = self.bench.environment()["PYTHONPATH"]
        return {"PYTHONPATH": f"{self.where}:{path}"}


@pytest.fixture
def changed(bench: StandInBench, tmp_path: Path) -> Changed:
    return Changed(bench, tmp_path / "changed")


DIFFERENCES = [
    (JOBS, "def get_queue(qtype", "def get_queue(name", "get_queue takes (name, is_async)"),
    (JOBS, "def get_queue(qtype, is_async=True)", "def get_queue(qtype, site, is_async=True)",
     "get_queue takes (qtype, site, is_async), expected was (qtype, is_async)"),
    (JOBS, "def create_job_id(", "def make_job_id(", "background_jobs.create_job_id is not there"),
    (DOCUMENT, "def execute_action(", "def run_action(", "document.execute_action is not there"),
    ("rq/command.py", "def send_stop_job_command(connection, job_id",
     "def send_stop_job_command(job_id", "send_stop_job_command takes (job_id, serializer)"),
    ("rq/__init__.py", '"1.15.1"', '"3.0.0"', "rq is 3.0.0, known are versions 1 and 2"),
    ("rq/queue.py", "is_async=True, **_", "synchronous=False, **_",
     "rq.queue.Queue does not take is_async"),
    ("rq/registry.py", "class DeferredJobRegistry", "class WaitingJobRegistry",
     "has no attribute 'DeferredJobRegistry'"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "named"), DIFFERENCES)
def test_a_process_that_is_armed_raises_at_each_enqueue_and_names_it(
    changed: Changed, file: str, old: str, new: str, named: str
) -> None:
    changed.change(file, old, new)
    answer = changed.bench.ask(
        """
        answer = []
        for _ in range(2):
            try:
                frappe.enqueue("fixture_app.tasks.write")
            except Exception as exc:
                answer.append([type(exc).__name__, str(exc)])
        """,
        **changed.environment,
    )
    assert len(answer) == 2
    for kind, text in answer:
        assert kind == "FrappeDiffers"
        assert named in text
        assert "frappe-celery disable" in text


def test_a_worker_does_not_start_over_it_either(changed: Changed) -> None:
    changed.change(JOBS, "def create_job_id(", "def make_job_id(")
    process = changed.bench.start(
        "worker", "-c", "import frappe_celery_hook\n"
        "from frappe.utils.background_jobs import start_worker; start_worker()",
        **changed.environment,
    )  # fmt: skip
    assert process.wait(30) != 0
    assert "FrappeDiffers" in process.output()


def test_enable_looks_first_and_changes_nothing(changed: Changed) -> None:
    changed.change(JOBS, "def create_job_id(", "def make_job_id(")
    changed.bench.configure(frappe_celery_enabled=None)
    before = (changed.bench.root / "sites" / "common_site_config.json").read_text()
    answer = changed.bench.ask(
        """
        from frappe_celery.hosts.bench import switch
        from frappe_celery.hosts.bench.pins import broken_pins
        try:
            switch.enable()
        except Exception as exc:
            answer = [type(exc).__name__, str(exc), switch.is_hooked()]
        """,
        begin="import json, sys\n",
        **changed.environment,
    )
    assert answer[0] == "FrappeDiffers", answer
    assert "create_job_id is not there" in answer[1]
    assert not answer[2]
    assert (changed.bench.root / "sites" / "common_site_config.json").read_text() == before


@pytest.mark.parametrize("armed", [True, False])
def test_it_is_looked_at_with_the_hook_off(changed: Changed, armed: bool) -> None:
    """An armed process would see our own names, which are as they should be."""
    look = """
        from frappe_celery.hosts.bench import fit
        answer = fit.look()
    """
    begin = "import json\n" + ("import frappe_celery_hook\n" if armed else "")
    assert changed.bench.ask(look, begin=begin) == []
    changed.change(JOBS, "def get_queue(qtype", "def get_queue(name")
    (difference,) = changed.bench.ask(look, begin=begin, **changed.environment)
    assert "get_queue takes (name, is_async), expected was (qtype, is_async)" in difference


def test_what_only_an_armed_bench_replaces_is_looked_at_where_one_is_armed(
    changed: Changed,
) -> None:
    look = """
        from frappe_celery.hosts.bench import fit, switch
        answer = [fit.look(switch.SETTLED), fit.look(switch.ARMED)]
    """
    begin = "import json\n"
    assert changed.bench.ask(look, begin=begin) == [[], []]
    changed.change(JOB_TYPE, "def enqueue(self, force=False)", "def enqueue(self, mode=False)")
    nothing, differing = changed.bench.ask(look, begin=begin, **changed.environment)
    assert nothing == []
    assert "ScheduledJobType.enqueue takes (self, mode), expected was" in differing[0]


def test_what_an_armed_bench_has_of_any_is_looked_at_too(changed: Changed) -> None:
    changed.change("rq/queue.py", "def fetch_job(self, job_id)", "def fetch_job(self, name)")
    differing = changed.bench.ask(
        """
        from frappe_celery.hosts.bench import fit, switch
        answer = fit.look(switch.ARMED)
        """,
        begin="import json\n",
        **changed.environment,
    )
    assert any("rq.queue.Queue.fetch_job takes (self, name)" in line for line in differing)


def test_what_is_added_by_default_is_no_difference(changed: Changed) -> None:
    changed.change(JOBS, "def get_queue(qtype, is_async=True)",
                   "def get_queue(qtype, is_async=True, serializer=None)")  # fmt: skip
    assert changed.bench.ask(
        "answer = frappe.enqueue('fixture_app.tasks.write').get_status()", **changed.environment
    ) == "queued"  # fmt: skip
