"""A misspelt option is named where somebody will read it."""

from __future__ import annotations

from tests.project import Project

SENTENCES = (
    "sites/common_site_config.json has 'wrokers', which is no option and does nothing; the nearest"
    " one is workers",
    "the environment has FRAPPE_CELERY_LOG, which is no option and does nothing; the nearest one is"
    " FRAPPE_CELERY_LOGS",
)


def test_settings_doctor_worker_and_beat_name_them(project: Project) -> None:
    project.configure(wrokers={"exports": {}})
    environ = {"FRAPPE_CELERY_LOG": "json"}
    started = [project.worker(**environ), project.beat(**environ)]
    for process in started:
        for sentence in SENTENCES:
            process.wait_for(sentence)
    for command, code in (("settings", 0), ("doctor", 1)):
        ran = project.start(command, "-m", "frappe_celery.cli", command, **environ)
        assert ran.wait() == code, ran.output()
        for sentence in SENTENCES:
            assert sentence in ran.output().replace("\n", " ")
