"""Stands in for RQ: the names that Frappe uses, with just enough to tell them from ours."""

from .job import Callback, get_current_job
from .queue import Queue
from .worker import Worker

__all__ = ["Callback", "Queue", "Worker", "get_current_job"]
