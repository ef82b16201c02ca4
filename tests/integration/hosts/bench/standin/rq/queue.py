import os
import pickle
import zlib
from datetime import datetime, timezone

from redis import Redis

from .exceptions import NoSuchJobError
from .job import Job


class Queue:
    job_class = Job

    def __init__(self, name="default", default_timeout=None, connection=None, is_async=True, **_):
        self.name = name
        self.connection = connection
        assert not isinstance(default_timeout, Redis), "by position, in the other version's order"

    if os.environ.get("STANDIN_RQ", "1").startswith("2"):

        def __init__(
            self, name="default", connection=None, default_timeout=None, is_async=True, **_
        ):
            if not connection:
                raise TypeError("Queue() missing 1 required positional argument: 'connection'")
            self.name = name
            self.connection = connection
            assert default_timeout is None or isinstance(default_timeout, int)

    @classmethod
    def all(cls, connection=None):
        names = ("an-apps-own", f"{os.environ['BENCH_ID']}:short")
        return [cls(name, connection=connection or object()) for name in names]

    def enqueue_call(
        self, func, args=None, kwargs=None, timeout=None, result_ttl=None, ttl=None,
        failure_ttl=None, job_id=None, at_front=False, on_success=None, on_failure=None, retry=None,
        *, pipeline=None,
    ):  # fmt: skip
        assert pipeline is not None, "RQ's own"
        path = f"{func.__module__}.{func.__qualname__}"
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        fields = {
            "status": "queued",
            "created_at": now,
            "enqueued_at": now,
            "origin": self.name,
            "data": zlib.compress(pickle.dumps((path, None, (), kwargs))),
            "timeout": timeout or 300,
            "result_ttl": result_ttl,
            "failure_ttl": failure_ttl,
        }
        pipeline.multi()
        pipeline.hset(Job.key_for(job_id), mapping=fields)
        push = pipeline.lpush if at_front else pipeline.rpush
        push(f"rq:queue:{self.name}", job_id)
        return Job.of(job_id, "queued")

    def fetch_job(self, job_id):
        try:
            job = self.job_class.fetch(job_id, self.connection)
        except NoSuchJobError:
            self.remove(job_id)  # as both versions do
        else:
            return job

    def remove(self, job_or_id, pipeline=None):
        return self.connection.lrem(f"rq:queue:{self.name}", 1, job_or_id)

    def enqueue(self, function, *args, **kwargs):
        job = Job()
        job.id = "new"
        self.push_job_id(job.id)
        return job

    def enqueue_in(self, delay, function):
        job = Job()
        job.id = "later"
        self.schedule_job(job, delay)

    def push_job_id(self, job_id, **_):
        pass

    def schedule_job(self, job, delay):
        pass

    def _registry(kind):  # noqa: N805 (of the class that is being made)
        def registry(queue):
            from . import registry

            return getattr(registry, f"{kind}JobRegistry")(queue=queue)

        return property(registry)

    started_job_registry = _registry("Started")
    finished_job_registry = _registry("Finished")
    failed_job_registry = _registry("Failed")
    canceled_job_registry = _registry("Canceled")
    deferred_job_registry = _registry("Deferred")
    scheduled_job_registry = _registry("Scheduled")

    def __len__(self):
        return self.count

    def is_empty(self):
        return self.count == 0

    @property
    def count(self):
        return self.connection.llen(f"rq:queue:{self.name}") if self.connection else 0

    def get_job_ids(self, offset=0, length=-1):
        end = offset + length - 1 if length >= 0 else -1
        ids = self.connection.lrange(f"rq:queue:{self.name}", offset, end)
        return [job_id.decode() for job_id in ids]

    def get_job_position(self, job_or_id):
        ids = self.get_job_ids()
        return ids.index(job_or_id) if job_or_id in ids else None

    def get_jobs(self, offset=0, length=-1):
        return [Job.fetch(i, self.connection) for i in self.get_job_ids(offset, length)]

    @property
    def jobs(self):
        return self.get_jobs()

    @property
    def job_ids(self):
        return self.get_job_ids()
