from enum import Enum

from .exceptions import NoSuchJobError


class JobStatus(str, Enum):
    QUEUED = "queued"
    STARTED = "started"


class Stack(list):
    push = list.append

    @property
    def top(self):
        return self[-1] if self else None


_job_stack = Stack()


def get_current_job():
    return _job_stack.top


class Callback:
    def __init__(self, func):
        self.func = func


class Job:
    """RQ's own; one with the id `left` is left in it, and waits."""

    @classmethod
    def fetch(cls, id, connection=None, serializer=None):
        if id.endswith("left"):
            job = cls()
            job.id = id
            return job
        raise NoSuchJobError(id)

    def get_status(self):
        return JobStatus.QUEUED

    @classmethod
    def create(cls, *args, **kwargs):
        return cls()
