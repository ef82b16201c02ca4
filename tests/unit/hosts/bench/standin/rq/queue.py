import os

from redis import Redis

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

    def enqueue_call(self, func, args=None, kwargs=None, timeout=None, result_ttl=None, ttl=None):
        raise AssertionError("RQ's own")

    def fetch_job(self, job_id):
        return None

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

    def __len__(self):
        return self.count

    @property
    def count(self):
        return 0

    @property
    def jobs(self):
        return self.get_jobs()

    @property
    def job_ids(self):
        return self.get_job_ids()
