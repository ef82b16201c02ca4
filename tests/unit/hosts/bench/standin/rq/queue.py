import os

from .job import Job


class Queue:
    job_class = Job

    def __init__(self, name="default", default_timeout=None, connection=None, is_async=True, **_):
        self.name = name
        self.connection = connection

    @classmethod
    def all(cls, connection=None):
        return [cls("an-apps-own"), cls(f"{os.environ['BENCH_ID']}:short")]

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
