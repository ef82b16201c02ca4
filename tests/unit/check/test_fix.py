"""`--fix`: v14's ways become v15's, everything else of a file stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from frappe_celery.cli import main
from tests.unit.check.apps import written

V14 = """
# tasks.py
from frappe.core.page.background_jobs.background_jobs import get_info  # of v14

class Importer:
    def start(self):
        # not twice
        enqueued_jobs = [d.get("job_name") for d in get_info()]  # all of them

        if self.name not in enqueued_jobs:
            frappe.enqueue(
                "frappe.ping",   # odd   layout stays
                queue='long',
                job_name=self.name,
            )
"""
V15 = """
# tasks.py
from frappe.utils.background_jobs import is_job_enqueued  # of v14

class Importer:
    def start(self):
        # not twice
        job_id = self.name  # all of them

        if not is_job_enqueued(job_id):
            frappe.enqueue(
                "frappe.ping",   # odd   layout stays
                queue='long',
                job_id=job_id,
            )
"""
BY_GET_JOBS = """
# tasks.py
from frappe.utils.background_jobs import enqueue, get_jobs

def start(name):
    label = f"load {name}"
    jobs = get_jobs(site=frappe.local.site, key="job_name")[frappe.local.site]
    if label in jobs:
        return
    enqueue("frappe.ping", job_name=label)
"""
BY_IS_JOB_ENQUEUED = """
# tasks.py
from frappe.utils.background_jobs import enqueue, is_job_enqueued

def start(name):
    label = f"load {name}"
    job_id = label
    if is_job_enqueued(job_id):
        return
    enqueue("frappe.ping", job_id=job_id)
"""


def fix(folder: Path, text: str) -> str:
    """The app's one file after `--fix`."""
    app = written(folder, text)
    (file,) = [path for path in app.glob("*.py") if path.name != "__init__.py"]
    result = CliRunner().invoke(main, ["check", str(app), "--fix"])
    assert result.exit_code in (0, 1)
    changed = file.read_text() != text.lstrip("\n")
    assert ("+++ " in result.stderr) == changed
    compile(file.read_text(), file.name, "exec")
    return "\n" + file.read_text()


@pytest.mark.parametrize(
    ("before", "after"),
    [(V14, V15), (BY_GET_JOBS, BY_IS_JOB_ENQUEUED)],
    ids=["get_info", "get_jobs"],
)
def test_v14_becomes_v15_and_a_second_run_finds_nothing(
    before: str, after: str, tmp_path: Path
) -> None:
    assert fix(tmp_path, before) == after
    assert fix(tmp_path, after) == after
    assert CliRunner().invoke(main, ["check", str(tmp_path)]).exit_code == 0


def test_the_research_documents_snippet_becomes_the_newer_one(tmp_path: Path) -> None:
    snippets = Path(__file__).parents[2] / "fixtures" / "snippets"
    old = (snippets / "job_name_v14.py").read_text()
    after = fix(tmp_path, f"# tasks.py\n{old}")
    newer = (snippets / "migration.py").read_text().partition("# v15\n")[2]
    assert newer.replace('f"data_import::{self.name}"', "self.name") in after


@pytest.mark.parametrize(
    "change",
    [
        ("self.name not in enqueued_jobs", "self.name not in enqueued_jobs or not enqueued_jobs"),
        ("job_name=self.name", "job_name=self.title"),
        ("        if self.name", "        print(get_info())\n        if self.name"),
        ("        if self.name", "        self.name = 'another'\n        if self.name"),
        ("# all of them", "# noqa: FC108"),
    ],
    ids=["used twice", "another name", "more lists", "bound anew", "silenced"],
)
def test_what_may_mean_something_else_stays(change: tuple[str, str], tmp_path: Path) -> None:
    text = V14.replace(*change)
    assert text != V14
    assert fix(tmp_path, text) == text


DEEP = {
    "sum": " + ".join(["1"] * 3000),
    "sum that Python reads": " + ".join(["1"] * 800),
    "parentheses": "(" * 1500 + "1" + ")" * 1500,
    "lists": "[" * 150 + "]" * 150,
    "signs": "-" * 9000 + "1",
    "calls": "name" + ".strip()" * 400,
    "conditions": "1\nif a: pass\n" + "elif a: pass\n" * 1500,
    "names of a container": "1\nALL = []\n\ndef add():\n    ALL" + "[0]" * 400 + ".append(1)",
}


@pytest.mark.parametrize("nested", DEEP.values(), ids=DEEP)
def test_a_file_that_is_nested_too_deeply_is_named_and_stays(nested: str, tmp_path: Path) -> None:
    app = written(tmp_path, V14)
    deep = app / "deep.py"
    text = f"{V14}\na = {nested}\n"
    deep.write_text(text)
    result = CliRunner().invoke(main, ["check", str(app), "--fix"])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert deep.read_text() == text
    assert "\n" + (app / "tasks.py").read_text() == V15
    reasons = ("nested too deeply", "too many nested parentheses")
    lines = [line for line in result.output.splitlines() if str(deep) in line]
    said = [line for line in lines if any(reason in line for reason in reasons)]
    assert len(said) == 1, result.output
