"""How one process of a worker gets its jobs: it asks, and waits for a bell where there is none.

The bench's queues are lists in Redis: one script records the run that has ended and takes the next.
Where they are RabbitMQ's, `rabbitmq.taker` asks that.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from frappe_celery.brokers.heartbeat import GIVEN_UP_AFTER_SECONDS
from frappe_celery.config.signing import Signer
from frappe_celery.errors import Refused
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.connection import naming_the_server, raise_named
from frappe_celery.jobs.message import JobMessage

WAIT_SECONDS = 10
"""After how long without a bell it looks again; each second somebody looks whether jobs wait for
which nobody was woken."""
SETTLED_SECONDS = 1.0
"""How long it rests when others have taken its worker for dead, until that says that it lives."""


class Taken(NamedTuple):
    """A run that this process has claimed."""

    run: str
    place: str
    """`site|queue`, where it waited and as its record says."""
    sealed: bytes
    looks: bool = False
    """Whether it is to find out that its site's database is back (`limits.outages`)."""

    @classmethod
    def of(cls, found: Sequence[Any]) -> Taken:
        """Of what `take.lua` says of a run."""
        run, place, sealed, *looks = found
        place = place.decode(errors="replace")
        return cls(run.decode(errors="replace"), place, sealed, bool(looks))

    @property
    def queue(self) -> str:
        return self.place.rpartition("|")[2]

    def open(self, signer: Signer) -> JobMessage:
        """Its message.

        Raises:
            Refused: as `JobMessage.open` does, or it is a job's of another site or queue.
        """
        message = JobMessage.open(signer, self.sealed, self.run)
        if f"{message.site}|{message.queue}" != self.place:
            raise Refused(
                f"it was enqueued for {message.site}|{message.queue} and waited in {self.place}:"
                " somebody who can write to the broker moved it. Have it run where it belongs:"
                f" frappe-celery jobs requeue {message.id}"
            )
        return message


class Ended(NamedTuple):
    """The run that this process had, to be recorded and let go."""

    tag: str = ""
    run: str = ""
    """If it succeeded; else it has been recorded."""
    fields: tuple[Any, ...] = ()
    """Of its record, names and values: its result."""


class Taker:
    """One process's.

    Args:
        consumer: its worker's name among those who hold runs.
        worker: the name that the run's record gets.
    """

    def __init__(self, store: JobStore, consumer: str, worker: str) -> None:
        self.store = store
        self.consumer = consumer
        self.worker = worker
        self.bell_of = store.keys.bell_of
        """The list in Redis of which a queue's next bell is an element."""
        self._line: Any = None
        self._bells: dict[str, str] = {}
        self._answer: Callable[[], Any] | None = None

    def ask(self, tag: str, queues: Sequence[str], ended: Ended) -> None:
        """Have Redis do meanwhile what `take` is called for next, with the same arguments."""
        self._answer = self.store.send_script(*self._step(tag, queues, ended))

    def take(self, tag: str, queues: Sequence[str], ended: Ended) -> Taken | None:
        """Record what has ended, and claim a run under `tag` (no queues: none is wanted).

        Asked again with the same tag after a lost answer, it gives the same run.

        Raises:
            BrokerUnreachable: to be asked again.
        """
        found = self._done(tag, queues, ended)
        if not found:
            return None
        if found == b"settled":
            time.sleep(SETTLED_SECONDS)
            return None
        return Taken.of(found)

    def _done(self, tag: str, queues: Sequence[str], ended: Ended) -> Any:
        answer, self._answer = self._answer, None
        if answer is not None:
            return answer()
        return self.store.run_script(*self._step(tag, queues, ended))

    def _step(self, tag: str, queues: Sequence[str], ended: Ended) -> tuple[Any, ...]:
        """A script, its keys, and its arguments."""
        store, keys = self.store, self.store.keys
        lists = (keys.consumers, *map(keys.queue, queues)) if store.forwarder is None else ()
        return (
            "take",
            (keys.in_flight(self.consumer), *lists),
            *(keys.prefix, self.consumer, tag, repr(time.time()), self.worker),
            *(ended.tag, ended.run, store.settings.rq_results_ttl, *ended.fields),
        )

    def wait(self, queues: Sequence[str], orders: int, seconds: int = WAIT_SECONDS) -> str:
        """Until a bell rings, something can be read from the descriptor `orders`, or for a while.

        Returns:
            The queue for which it rang, else ''.

        Raises:
            BrokerUnreachable.
        """
        socket = self.listen(queues, seconds)
        poll = select.poll()
        for descriptor in (socket, orders):
            poll.register(descriptor, select.POLLIN)
        ready = dict(poll.poll((seconds + GIVEN_UP_AFTER_SECONDS) * 1000))
        if socket in ready:
            return self.heard()
        self.close()  # a bell that rings for it now costs whoever comes next a second
        if not ready:
            raise_named(self.store.url, RedisTimeoutError("no answer while waiting for a job"))
        return ""

    def listen(self, queues: Sequence[str], seconds: int) -> int:
        """Wait for a bell from now on; returns the descriptor on which it will be heard, if only
        that the time is over. Raises BrokerUnreachable."""
        self._bells = {self.bell_of(queue): queue for queue in queues}
        if self._line is None:
            pool = self.store.client.connection_pool
            self._line = pool.connection_class(**pool.connection_kwargs)
        with self._or_close():
            self._line.connect()  # which alone finds the master behind Sentinels
            self._line.send_command("BLPOP", *self._bells, seconds)
        # redis-py has no public name for it; kombu reads this one too. Should it change, no worker
        # waits for a job: all tests with a worker fail
        return int(self._line._sock.fileno())

    def heard(self) -> str:
        """The queue for which the bell rang; '' : the time is over. Raises BrokerUnreachable."""
        with self._or_close():
            rang = self._line.read_response()
        return self._bells[rang[0].decode()] if rang else ""

    @contextmanager
    def _or_close(self) -> Iterator[None]:
        with naming_the_server(self.store.url):
            try:
                yield
            except RedisError:
                self.close()
                raise

    def close(self) -> None:
        """Let go of what it waits with."""
        if self._line is not None:
            self._line.disconnect()
            self._line = None
