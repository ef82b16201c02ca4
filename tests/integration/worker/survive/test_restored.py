"""A Redis that is restored from a backup: what runs twice, what is failed, what is gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import NoSuchJob
from frappe_celery.job_options import enqueue_in
from frappe_celery.jobs import JobStatus, get_store
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.integration.worker.test_worker_death import working
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import wait_until


def test_an_old_state_comes_back(project: Project, own_redis: RedisServer, tmp_path: Path) -> None:
    project.configure(redis_queue=own_redis.url)
    write_tasks(project)
    with inside(project):
        process, until = worker(project), tmp_path / "go on"
        ran = enqueue("myapp.core.work", text="ran", until=str(until))
        working(project, "ran")
        waited = enqueue("myapp.core.record", text="waited")
        delayed = enqueue_in(3600, "myapp.core.record", text="delayed")
        shutil.copytree(own_redis.folder, tmp_path / "backup")

        until.touch()
        assert ended(ran).status == ended(waited).status == JobStatus.FINISHED
        later = ended(enqueue("myapp.core.record", text="later"))
        process.stop()
        own_redis.kill()
        shutil.rmtree(own_redis.folder)
        shutil.copytree(tmp_path / "backup", own_redis.folder)
        own_redis.start()

        store = get_store()
        with pytest.raises(NoSuchJob):
            store.fetch(later.id)
        store.client.zadd(store.keys.scheduled, {delayed.run_id: 1})  # due since
        worker(project)
        wait_until(lambda: ended(ran).status == JobStatus.FAILED, 40, "what ran is failed")
        assert "AbandonedJobError" in str(store.fetch(ran.id).exc_info)
        assert ended(waited).status == ended(delayed).status == JobStatus.FINISHED
        effects = project.effects()
        assert [effects.count(text) for text in ("waited", "later", "delayed")] == [2, 1, 1]
        assert effects.count("ran started") == 1


def test_a_worker_that_lives_on_lets_go_of_what_it_had_then(
    project: Project, own_redis: RedisServer, tmp_path: Path
) -> None:
    project.configure(redis_queue=own_redis.url)
    write_tasks(project)
    with inside(project):
        until = tmp_path / "go on"
        worker(project)
        ran = enqueue("myapp.core.work", text="ran", until=str(until))
        working(project, "ran")
        shutil.copytree(own_redis.folder, tmp_path / "backup")
        until.touch()
        ended(ran)
        assert ended(enqueue("myapp.core.record", text="next")).status == JobStatus.FINISHED
        own_redis.kill()
        shutil.rmtree(own_redis.folder)
        shutil.copytree(tmp_path / "backup", own_redis.folder)
        own_redis.start()

        store = get_store()
        assert store.fetch(ran.id).status == JobStatus.STARTED
        wait_until(lambda: store.fetch(ran.id).status == JobStatus.FAILED, 100, "it is settled")
        assert "data went back" in str(store.fetch(ran.id).exc_info)
        assert ended(enqueue("myapp.core.record", text="after")).status == JobStatus.FINISHED
