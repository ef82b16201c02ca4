"""Stands in for RQ: the names that Frappe uses, with just enough to tell them from ours.

STANDIN_RQ says which version it is like: 1.15.1 unless said, or 2.6.1.
"""

import os

from .job import Callback, get_current_job
from .queue import Queue
from .worker import Worker

__version__ = os.environ.get("STANDIN_RQ", "1.15.1")
__all__ = ["Callback", "Queue", "Worker", "get_current_job"]
