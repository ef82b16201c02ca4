"""Standalone: a signed message that names what lies in no app is refused, and recorded."""

from __future__ import annotations

import pytest

from frappe_celery.config import settings
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import Refused
from frappe_celery.jobs import JobStatus, JobStore
from frappe_standalone.site import allowed
from tests.integration.benches import ended, worker
from tests.project import Project


def test_a_worker_runs_no_such_method_nor_callback(project: Project, store: JobStore) -> None:
    worker(project)
    job = enqueue("os.system", command="touch harm")
    other = enqueue("myapp.core.fail", on_failure="subprocess.run")
    assert ended(job).status == ended(other).status == JobStatus.FAILED
    said = 'os.system lies in no installed app (myapp). If it is to be a job, add "job_modules"'
    assert said in str(job.exc_info)
    assert "subprocess.run lies in no installed app" in str(other.exc_info)
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    (refused,) = store.refused()
    assert (refused["run"], said in refused["reason"]) == (job.run_id, True)
    assert not (project.root / "harm").exists()


@pytest.mark.parametrize(
    "path", ["os.system", "subprocess.run", "builtins.eval", "redis.Redis", "pytest.main"]
)
def test_what_was_installed_is_no_app(project: Project, store: JobStore, path: str) -> None:
    with pytest.raises(Refused):
        allowed.check(path)


@pytest.mark.parametrize(
    "path", ["myapp.tasks.record", "frappe.sendmail", "plain.work", "package.jobs.work", "gone.x"]
)
def test_apps_and_the_project_s_own_modules_may_run(
    project: Project, store: JobStore, path: str
) -> None:
    """One that is not there at all is left to fail as such."""
    project.write("plain.py", "")
    project.write("package/jobs.py", "")
    allowed.check(path)


def test_a_package_is_allowed_by_name(project: Project, store: JobStore) -> None:
    project.configure(job_modules=["json"])
    settings.use(None)
    allowed.check("json.dumps")


def test_what_a_schedule_names_may_run(project: Project, store: JobStore) -> None:
    project.write("myapp/hooks.py", 'scheduler_events = {"daily": ["pickle.dumps"]}')
    allowed.check("pickle.dumps")
    with pytest.raises(Refused):
        allowed.check("pickle.dump")  # a part of the name is not the name
