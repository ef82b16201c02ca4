"""`import frappe` in a fresh interpreter: when ours is served, and what it loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[3]


def python(code: str, cwd: Path, *path: Path) -> str:
    """What a fresh interpreter prints."""
    environment = {"PYTHONPATH": ":".join(map(str, (*path, HERE))), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_real_frappe_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "real" / "frappe").mkdir(parents=True)
    (tmp_path / "real" / "frappe" / "__init__.py").write_text("real = True\n")
    assert (
        python("import frappe_celery, frappe; print(frappe.real)", tmp_path, tmp_path / "real")
        == "True"
    )


def test_a_stray_folder_called_frappe_is_no_frappe(tmp_path: Path) -> None:
    (tmp_path / "frappe").mkdir()
    assert python("import frappe_celery, frappe; print(frappe.ping())", tmp_path) == "pong"


def test_a_finder_that_asks_the_others_finds_no_real_one(tmp_path: Path) -> None:
    """As ddtrace's does, which wraps the loader of whatever it finds so."""
    code = """
import sys

class Asking:
    asks = False

    def find_spec(self, name, path=None, target=None):
        if self.asks:
            return None
        self.asks = True
        try:
            others = [finder for finder in sys.meta_path if finder is not self]
            found = (finder.find_spec(name, path, target) for finder in others)
            return next(filter(None, found), None)
        finally:
            self.asks = False

sys.meta_path.insert(0, Asking())
import frappe_celery
from frappe_celery.jobs import hosts
import frappe
print(hosts.is_bench(), frappe.ping())
"""
    assert python(code, tmp_path) == "False pong"


@pytest.mark.parametrize(
    "first",
    ["import frappe_celery", "import frappe_celery.apps", "import frappe_celery.pytest_plugin"],
)
def test_ours_is_there_after(first: str, tmp_path: Path) -> None:
    assert python(f"{first}; import frappe; print(frappe.ping())", tmp_path) == "pong"


def test_what_is_not_used_is_not_loaded(tmp_path: Path) -> None:
    code = """
import sys
import frappe_celery, frappe
from frappe.model.document import Document
from frappe.utils import now_datetime, cint
from frappe.utils.background_jobs import is_job_enqueued
import rq
frappe.session.user, frappe.local.site, frappe.flags.x, frappe.conf.y
frappe.db.after_commit.add(lambda: print("called", end=" "))
frappe.db.commit()
from frappe_standalone.jobs import run
print(run.execute(run.Run("standalone", "Administrator", "frappe.ping", {}, "frappe.ping", "")))
heavy = ("django", "jinja2", "RestrictedPython", "cryptography.fernet")
print([name for name in sys.modules if name.startswith(heavy)])
"""
    assert python(code, tmp_path) == "called pong\n[]"


def test_submodules_come_by_attribute(tmp_path: Path) -> None:
    read = "[*frappe.utils.background_jobs.get_queues_timeout()]"
    code = f"import frappe_celery, frappe; print({read})"
    assert python(code, tmp_path) == "['short', 'default', 'long']"


def test_queues_are_ours_where_rq_is_installed_too(tmp_path: Path) -> None:
    (tmp_path / "rq").mkdir()
    (tmp_path / "rq" / "__init__.py").write_text("")
    code = """
import frappe_celery, frappe, rq
print(hasattr(rq, "Queue"))
print(*(queue.name for queue in frappe.utils.background_jobs.get_queues()))
"""
    assert python(code, tmp_path, tmp_path) == "False\nshort default long"


def test_what_frappe_gives_travels_by_name_not_by_value(tmp_path: Path) -> None:
    """By value a worker would make classes of its own of it, which are not `frappe._dict`."""
    code = """
import frappe_celery, frappe
import cloudpickle
given = [frappe._dict(x=1), frappe.get_doc({"doctype": "Memo"}), frappe.ValidationError("x")]
print([b"cloudpickle" in cloudpickle.dumps(each) for each in given])
"""
    assert python(code, tmp_path) == "[False, False, False]"


def test_star_import_of_utils_leaves_pythons_modules(tmp_path: Path) -> None:
    code = """
import frappe_celery
import time
from frappe.utils import *
time.sleep(0)
print(datetime.datetime(2020, 1, 1).year)
from frappe.utils.data import *
time.sleep(0)
print(datetime.date(2020, 1, 1).year)
"""
    assert python(code, tmp_path) == "2020\n2020"


def test_in_a_checkout_that_was_not_installed_one_is_told_to(tmp_path: Path) -> None:
    """Its entry points, by which ours is found, are those of the version that was installed."""
    code = """
import importlib.metadata, warnings

def missing(name):
    raise importlib.metadata.PackageNotFoundError(name)

importlib.metadata.distribution = missing
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    import frappe_celery
print(warned[0].message)
try:
    frappe_celery.enqueue("myapp.tasks.write")
except frappe_celery.errors.ConfigError as exc:
    print(exc)
"""
    warned, raised = python(code, tmp_path).splitlines()
    assert warned == f"`import frappe` finds nothing: {raised}"
    assert "Install it again: pip install frappe_celery" in raised
