"""pytest plugin: `import frappe` without a Frappe, and jobs that stay in the tests.

pytest finds it by itself (docs/testing.md). The broker of the tests is there with pytest-django, or
once a test asks for the fixture `frappe_jobs`; `frappe_jobs = false` in pytest's configuration
switches that off.
"""

from __future__ import annotations

import os
import sys
import unittest
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

import frappe_celery  # noqa: F401 (`import frappe` finds something from here on)

if TYPE_CHECKING:
    from frappe_celery.testing import FrappeJobs, Session

OPTION = "frappe_jobs"
DJANGOS_SETTINGS = "DJANGO_SETTINGS_MODULE"

_session = pytest.StashKey["Session"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """One line that switches it off."""
    parser.addini(
        OPTION, "false: no broker of the tests' own for frappe_celery", type="bool", default=True
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Before pytest-django imports the project, so that its Celery app is on the tests' broker."""
    asked = vars(early_config.known_args_namespace)
    if "ds" in asked and early_config.getini(OPTION):
        named = asked["ds"] or os.environ.get(DJANGOS_SETTINGS)
        if named or early_config.getini(DJANGOS_SETTINGS):
            _begin(early_config)
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Once Django's settings are there, by whatever way."""
    if "ds" in vars(config.option) and config.getini(OPTION) and _django_has_us():
        _begin(config).move_results()


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Last of all, when the test's fixtures have been set up."""
    session = item.config.stash.get(_session, None)
    if session is None:
        return
    instance = getattr(item, "instance", None)
    if isinstance(instance, unittest.TestCase):  # Django's rolls back at its own end
        instance.addCleanup(session.leave_site)
    session.begin_test()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Before the fixtures' ends: they roll the database back."""
    session = item.config.stash.get(_session, None)
    if session is not None:
        session.end_test()


@pytest.fixture
def frappe_jobs(pytestconfig: pytest.Config) -> FrappeJobs:
    """The test's jobs: `run()`, `at_once = True`, `enqueued()`, `assert_enqueued(method, …)`."""
    if not pytestconfig.getini(OPTION):
        pytest.fail(f"the fixture frappe_jobs is switched off: {OPTION} = false", pytrace=False)
    return _begin(pytestconfig).jobs


def _begin(config: pytest.Config) -> Session:
    from frappe_celery.testing import Session

    if _session not in config.stash:
        config.stash[_session] = Session()
        config.add_cleanup(config.stash[_session].end)  # the process goes on as it was
    return config.stash[_session]


def _django_has_us() -> bool:
    if "django.conf" not in sys.modules:
        return False
    from django.conf import settings

    return settings.configured and any(
        app.startswith("frappe_celery") for app in settings.INSTALLED_APPS
    )
