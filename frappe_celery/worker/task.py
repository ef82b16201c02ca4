"""The one Celery task, its request and its strategy: how Celery's worker handles our messages."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from celery import Task
from celery.exceptions import Ignore
from celery.worker import strategy as celery_strategy
from celery.worker.request import Request

from frappe_celery.brokers.kombu_messages import HELD_AS, SEALED
from frappe_celery.config.timeouts import GRACE_SECONDS
from frappe_celery.errors import FrappeCeleryError, NotRun, Refused
from frappe_celery.jobs import get_store
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue.publish import STRATEGY, task_headers
from frappe_celery.watch.telemetry import TaskName
from frappe_celery.worker.between_jobs import BetweenJobs
from frappe_celery.worker.broker_retry import retry_while_unreachable
from frappe_celery.worker.deaths import abandon
from frappe_celery.worker.perform import attempt, run_claimed, succeeded
from frappe_celery.worker.slot import Tally

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    BaseTask = Task[Any, Any]
else:
    BaseTask = Task


TAKEN = "taken"
"""Property of a request whose run its process has claimed: an `InHand`."""


@dataclass
class InHand:
    """A run that this process has claimed."""

    message: JobMessage
    sealed: bytes
    succeeded: bool = False
    result: Any = None


class JobRequest(Request):
    """A run in the hands of the worker's parent process, for a pool of Celery's own."""

    _counting = threading.Lock()
    _counted = Tally()
    _has_failed = False

    @classmethod
    def tally(cls) -> Tally:
        """What those pools have run of ours."""
        return cls._counted

    def acknowledge(self) -> None:
        """It has ended; in a pool of threads the loop sleeps meanwhile."""
        if self.time_start and not self.acknowledged:
            failed, seconds = self._has_failed, time.time() - self.time_start
            with self._counting:
                counted = self._counted.plus(Tally(int(not failed), int(failed), seconds))
                JobRequest._counted = counted
        super().acknowledge()
        self.message.channel.wake()

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """The child did not react to its timeout and is killed."""
        if not soft:
            self._abandon(
                f"still alive {GRACE_SECONDS} s after its timeout, and was killed",
                idempotent_counts=False,
            )
        super().on_timeout(soft, timeout)

    def on_failure(
        self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False
    ) -> Any:
        """The run failed; when its process died it could not record that itself."""
        self._has_failed = True
        if not return_ok:
            died = exc_info.exception
            self._abandon(f"its process died: {getattr(died, 'exc', died)}")
        return super().on_failure(exc_info, send_failed_event, return_ok)

    def _abandon(self, reason: str, *, idempotent_counts: bool = True) -> None:
        queues = self._app.amqp.queues.consume_from
        run = self.message.headers["id"]  # `self.id` is the same in whichever run
        abandon(run, reason, queues, idempotent_counts=idempotent_counts)


class RunJob(BaseTask):
    """Runs a Frappe method, as the signed message says."""

    name = TaskName()
    acks_late = True
    ignore_result = True
    Request = "frappe_celery.worker.task:JobRequest"
    Strategy = STRATEGY

    between_jobs: BetweenJobs | None = None
    """Of a worker that runs jobs itself, one after the other (`--pool solo`)."""

    def run(self, sealed: str = "") -> Any:
        """Run in a pool's process; the result is recorded in the store, whatever Celery does of it.

        `sealed` is what a worker's parent was delivered; a process that took the run itself
        (`job_process`) says so in the request's properties, and records its end too.
        """
        worker, properties = str(self.request.hostname), self.request.properties or {}
        in_hand: InHand | None = properties.get(TAKEN)
        text = sealed.encode()
        try:
            if in_hand is not None:
                in_hand.result = run_claimed(in_hand.message, in_hand.sealed, worker)
                in_hand.succeeded = True
                return in_hand.result
            message = JobMessage.open(get_store().signer, text)
            result = attempt(message, text, worker, properties.get(HELD_AS, ""))
        except NotRun as exc:
            logger.info("%s", exc)
            raise Ignore() from exc
        except Refused as exc:
            logger.error("refused %s: %s", self.request.id, exc)
            retry_while_unreachable(get_store().refuse, "", str(self.request.id), str(exc))
            raise Ignore() from exc
        finally:
            if self.between_jobs is not None:
                self.between_jobs.put_right(f"{self.name}[{self.request.id}]")
        succeeded(message.run, result)
        return result


def job_strategy(task: BaseTask, app: Any, consumer: Any) -> Any:
    """What the parent does with a message: check its signature, then Celery's own strategy."""
    handle = celery_strategy.default(task, app, consumer, proto1_to_proto2=_read)

    def on_message(message: Any, body: Any, ack: Any, reject: Any, callbacks: Any) -> None:
        sealed, queue = _sealed(message), message.delivery_info.get("routing_key", "")
        run = str(message.headers.get("id"))
        try:
            job = JobMessage.open(get_store().signer, sealed, run)
        except FrappeCeleryError as exc:
            logger.error("refused a message from queue %s: %s", queue, exc)
            get_store().refuse(queue, run, str(exc))
            ack(logger, consumer.connection_errors)
            return
        handle(message, (sealed, job), ack, reject, callbacks)

    return on_message


def _sealed(message: Any) -> bytes:
    """The signed text: beside the body, or, of a message that kombu carried whole, its argument."""
    sealed = message.headers.get(SEALED)
    if isinstance(sealed, bytes):
        return sealed
    try:
        ((text,), _, _) = message.payload
        return text.encode()  # type: ignore[no-any-return]
    except Exception:
        return b""


def _read(message: Any, body: tuple[bytes, JobMessage]) -> tuple[Any, dict[str, Any], bool, bool]:
    """What Celery's strategy makes a request of: all of it from the checked text."""
    sealed, job = body
    headers = task_headers(job)
    if job.timeout > 0:
        headers["timelimit"] = [job.timeout + GRACE_SECONDS, None]
    return ((sealed.decode(),), {}, {}), headers, True, True
