"""What a host is, and all that one in another package may use of this one.

A host is the place that jobs run in (`Host`): a real Frappe, or what stands in for one. Another
package names its own by an entry point of the group `frappe_celery.hosts`, and imports from here
alone. Each name is imported when it is first asked for; modules of which much is asked are there by
themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from frappe_celery.config import lazily

if TYPE_CHECKING:
    from frappe_celery import enqueue_shim as enqueue_shim
    from frappe_celery import error_mail as error_mail
    from frappe_celery import errors as errors
    from frappe_celery.config import files as app_files
    from frappe_celery.config import installed as installed
    from frappe_celery.config import settings as settings
    from frappe_celery.config.files import options_stand_in as options_stand_in
    from frappe_celery.config.secrets import masked_text as masked_text
    from frappe_celery.config.signing import Signer as Signer
    from frappe_celery.config.sqlite import sqlite as sqlite_database
    from frappe_celery.config.texts import escaped as escaped
    from frappe_celery.config.urls import without_password as without_password
    from frappe_celery.errors import ConfigError as ConfigError
    from frappe_celery.errors import NeedsFrappeSite as NeedsFrappeSite
    from frappe_celery.errors import QueueOverloaded as QueueOverloaded
    from frappe_celery.errors import Refused as Refused
    from frappe_celery.errors import UnreadableStatement as UnreadableStatement
    from frappe_celery.errors import ValidationError as ValidationError
    from frappe_celery.hosts import reruns as reruns
    from frappe_celery.hosts.listed import ListedWorker as ListedWorker
    from frappe_celery.hosts.method import call as call_method
    from frappe_celery.hosts.transactions import Transaction as WatchedTransaction
    from frappe_celery.jobs import Job as Job
    from frappe_celery.jobs import JobStatus as JobStatus
    from frappe_celery.jobs import codec as codec
    from frappe_celery.jobs import current_job as current_job
    from frappe_celery.jobs import get_store as get_store
    from frappe_celery.jobs import hosts as hosts
    from frappe_celery.jobs.connection import connect as connect_to_redis
    from frappe_celery.jobs.limits import outages as outages
    from frappe_celery.jobs.message import RUN_SCHEDULED_JOB as RUN_SCHEDULED_JOB
    from frappe_celery.jobs.new_message import method_name as method_name
    from frappe_celery.jobs.options import declared as declared_options
    from frappe_celery.jobs.outbox.at_commit import CallRows as OutboxRows
    from frappe_celery.jobs.outbox.table import Table as OutboxTable
    from frappe_celery.jobs.record.kinds import kind_of as failure_kind
    from frappe_celery.schedule import documents as schedule_documents
    from frappe_celery.schedule import events as schedule_events
    from frappe_celery.schedule import fire as fire
    from frappe_celery.schedule import frequencies as frequencies
    from frappe_celery.schedule import sync as schedule_sync
    from frappe_celery.schedule.cron import CronError as CronError
    from frappe_celery.schedule.every import EVERY as EVERY
    from frappe_celery.schedule.listing import site_schedule as site_schedule
    from frappe_celery.schedule.reader import OFF_KEYS as SCHEDULE_OFF_KEYS
    from frappe_celery.schedule.timing import Timing as Timing
    from frappe_celery.watch.job_display import as_json as job_line
    from frappe_celery.watch.job_tables import STYLES as JOB_STYLES
    from frappe_celery.watch.logs.files import opened as open_log_file

_PLACES, __getattr__ = lazily.listed(globals())
