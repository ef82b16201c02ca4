"""Settings of a process that is started in a Django project, or with Celery's own variables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.unit.config.test_settings import bench, write

__all__ = ["bench"]


def django_project(folder: Path, settings_module: str) -> subprocess.CompletedProcess[str]:
    """`frappe-celery settings` in a folder that is not on Python's path, as a shell starts it."""
    (folder / "team").mkdir(parents=True, exist_ok=True)
    (folder / "team" / "__init__.py").touch()
    (folder / "team" / "settings.py").write_text(
        "FRAPPE_CELERY = {'redis_queue': 'redis://of.the.team'}\nSECRET_KEY = 'x'\n"
    )
    (folder / "sites").rename(folder / "no_sites")
    return subprocess.run(
        [Path(sys.executable).with_name("frappe-celery"), "jobs", "list"],
        cwd=folder,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("FRAPPE_")},
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "DJANGO_SETTINGS_MODULE": settings_module,
        },
        capture_output=True,
        text=True,
    )


def test_django_s_dictionary_wins_over_the_default_and_loses_to_the_bench_s_file(
    bench: Path,
) -> None:
    (bench / "project_settings.py").write_text(
        "FRAPPE_CELERY = {'rq_results_ttl': 11, 'rq_failed_jobs_limit': 12}\nSECRET_KEY = 'x'\n"
    )
    write(bench, rq_failed_jobs_limit=13)
    script = (
        "from frappe_celery.config.settings import current; c = current();"
        "print(c.rq_results_ttl, c.rq_failed_jobs_limit)"
    )
    environ = {**os.environ, "PYTHONPATH": f"{bench}:{Path.cwd()}"}

    def printed(**extra: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=bench,
            env={**environ, **extra},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    environ.pop("DJANGO_SETTINGS_MODULE", None)
    assert printed() == "600 13"
    assert printed(DJANGO_SETTINGS_MODULE="project_settings") == "11 13"


def test_django_s_settings_are_found_in_the_folder_where_a_command_is_started(bench: Path) -> None:
    done = django_project(bench, "team.settings")
    assert "the Redis at redis://of.the.team does not answer" in done.stderr, done.stderr


def test_django_settings_that_cannot_be_imported_are_named(bench: Path) -> None:
    done = django_project(bench, "team.setings")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "Error: DJANGO_SETTINGS_MODULE is 'team.setings', which cannot be imported:"
        " No module named 'team.setings'"
    ), done.stderr


def test_celerys_own_word_for_the_broker_counts_where_none_of_ours_is_said(bench: Path) -> None:
    (bench / "said_once.py").write_text("CELERY_BROKER_URL = 'redis://django'\nSECRET_KEY = 'x'\n")
    script = "from frappe_celery.config.settings import current; print(current().store_url)"
    environ = {**os.environ, "PYTHONPATH": f"{bench}:{Path.cwd()}"}
    environ["DJANGO_SETTINGS_MODULE"] = "said_once"

    def printed(**extra: str) -> str:
        command = [sys.executable, "-c", script]
        done = subprocess.run(
            command, cwd=bench, env={**environ, **extra}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert printed() == "redis://django"
    assert printed(CELERY_BROKER_URL="redis://celery") == "redis://celery"
    assert printed(FRAPPE_CELERY_REDIS_QUEUE="redis://ours") == "redis://ours"
    write(bench, redis_queue="redis://file")
    assert printed(CELERY_BROKER_URL="redis://celery") == "redis://file"
