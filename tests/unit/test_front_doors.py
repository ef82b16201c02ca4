"""What users' settings and running processes name is there, after whatever moves."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import distribution
from importlib.util import find_spec

import pytest

import frappe_celery
from tests.rooms import SOURCES

NAMES = [
    # Django's settings
    "frappe_celery.apps:FrappeCeleryConfig",
    "frappe_celery.middleware:RequestUser",
    # Celery's
    "frappe_celery:app",
    "frappe_celery:setup",
    "frappe_celery.beat_schedule:Scheduler",
    "frappe_celery.beat_schedule:DatabaseScheduler",
    "frappe_celery.beat_schedule:beat_schedule",
    "frappe_celery.celery_app:setup",
    # apps
    "frappe_celery.enqueue_shim:enqueue",
    "frappe_celery.error_mail:connect",
    # apps on the standalone host, under its name of today and its former one
    "frappe_standalone:register_loader",
    "frappe_standalone:add_name",
    "frappe_celery.hosts.standalone:register_loader",
    "frappe_celery.hosts.standalone:add_name",
    # the copy of the hook in a bench's environment
    "frappe_celery.hosts.bench.switch:",
    # a process of an armed bench that has begun before the bridge was a package
    "frappe_celery.migration.armed.host:",
    # what processes start that began before mails and alerts were told by one program
    "frappe_celery.watch.alerts:main",
    "frappe_celery.watch.mail:main",
    # pickled arguments and results of jobs that wait or have ended
    "frappe_celery.jobs.job:JobStatus",
    "frappe_celery.jobs.options:JobOptions",
    # messages that wait
    "frappe_celery.worker.abandoned:aftermath",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_others_have_written_down_is_there(name: str) -> None:
    module, _, attribute = name.partition(":")
    if module == "frappe_celery.apps":  # which Django has to be set up for
        assert find_spec(module)
    elif attribute:
        assert getattr(import_module(module), attribute) is not None
    else:
        assert find_spec(module)


def test_an_older_supervisor_finds_its_successor() -> None:
    assert (SOURCES / "frappe_celery" / "commands" / "supervisor.py").is_file()


def test_pytest_knows_the_plugin_by_its_name() -> None:
    (plugin,) = distribution("frappe_celery").entry_points.select(group="pytest11")
    assert (plugin.name, plugin.value) == ("frappe_celery", "frappe_celery.pytest_plugin")


def test_the_package_lists_its_public_names_and_no_others() -> None:
    names = dir(frappe_celery)
    assert names == sorted(frappe_celery.__all__)
    assert not [name for name in names if name.startswith("_")]
    assert {"app", "enqueue", "options", "get_current_job", "Job"} <= {*names}
    assert frappe_celery.get_current_job() is None
