"""kombu's Redis transport, with nothing lost between the queue and the worker.

Stock kombu pops a message first and notes it as unacknowledged afterwards; here one script moves
it from its queue into the consumer's in-flight hash. Queues are emptied strictly in the order in
which they are consumed. An idle consumer sends no blocking pop: each enqueue rings the bell, a
channel that it subscribes to.

Only messages of a team's own Celery tasks come this way, in lists of their own: workers' processes
take jobs themselves (`brokers.taker`).
"""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from functools import cached_property
from typing import Any

from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from kombu.utils.json import dumps, loads
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.retry import Retry
from redis.sentinel import SentinelManagedConnection

from frappe_celery.brokers import whole_messages
from frappe_celery.brokers.heartbeat import (
    BEAT_SECONDS,
    GIVEN_UP_AFTER_SECONDS,
    LOOK_ANYWAY_SECONDS,
    broker_is_silent,
    process_name,
    raise_if_silent,
)
from frappe_celery.brokers.redis.poller import Poller
from frappe_celery.config import settings
from frappe_celery.config.sentinels import Sentinels
from frappe_celery.errors import BrokerUnreachable, Refused
from frappe_celery.jobs import get_store, scripts
from frappe_celery.jobs.outbox.at_commit import HEADER as OUTBOX
from frappe_celery.jobs.redis_keys import Keys

logger = logging.getLogger(__name__)

_cut_off: set[str] = set()  # this process's consumers that could not leave


class QoS(virtual.QoS):
    """What this consumer holds."""

    def ack(self, delivery_tag: str) -> None:
        self.channel.let_go(delivery_tag)
        super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give the message back to its queue, or drop it without `requeue`."""
        if requeue:
            self.channel.release(delivery_tag)
        self.ack(delivery_tag)

    def restore_unacked(self) -> list[Any]:
        """Give back all that is still held; without a connection that comes later."""
        self._flush()
        held = list(self._delivered)
        self._delivered.clear()  # first: kombu takes it for a mistake when asked again
        for delivery_tag in reversed(held):
            self.channel.release(delivery_tag)
        return []


class Channel(kombu_redis.Channel):
    """One connection that publishes and consumes.

    The bench's queues are its own: their messages lie beside its runs.
    A team's other queues keep kombu's names and priorities.
    """

    QoS = QoS
    socket_timeout = GIVEN_UP_AFTER_SECONDS
    socket_connect_timeout = GIVEN_UP_AFTER_SECONDS
    socket_keepalive = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.consumer = f"{process_name()}:{uuid.uuid4().hex[:12]}"
        self.rang = True
        self.fetches_from: dict[str, str] = {}
        """Queues by the lists in which their messages lie, in the order that these are emptied."""
        self._unheld: set[str] = set()
        """Queues of which nobody acknowledges anything: answers to control commands."""

    @property
    def keys(self) -> Keys:
        """The bench's."""
        return get_store().keys

    def _connparams(self, asynchronous: bool = False) -> Any:
        """Like kombu's; a lost connection is tried once more, one that does not answer is not.

        One that listens is not tried again either: connected anew it has nothing to be read, and
        whoever reads it, the worker's loop, would stand still.
        """
        tries = 0 if asynchronous else 1
        retry = Retry(NoBackoff(), tries, supported_errors=(RedisConnectionError,))
        return {**super()._connparams(asynchronous), "retry": retry}

    # -- publishing, for all tasks but ours (see `publish`)

    def _create_client(self, asynchronous: bool = False) -> Any:
        """As kombu's, unless each of its calls would wait in vain."""
        raise_if_silent()
        return super()._create_client(asynchronous)

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        key = self._q_for_pri(queue, self._get_message_priority(message, reverse=False))
        headers = dict(message["headers"] or {})  # the caller's is published again on an error
        *marks, run = headers.pop(OUTBOX, [""])
        text = dumps(whole_messages.put({**message, "headers": headers}, queue))
        self._scripts.run("put_message", (key, *marks), text, self.keys.bell_of_whole, queue, run)

    def _put_fanout(
        self, exchange: str, message: dict[str, Any], routing_key: str, **kwargs: Any
    ) -> None:
        super()._put_fanout(exchange, whole_messages.put(message, ""), routing_key, **kwargs)

    def _q_for_pri(self, queue: str, pri: int) -> str:
        if queue in settings.current().queues:
            return self.keys.whole(queue)
        return str(super()._q_for_pri(queue, pri))

    def _purge(self, queue: str) -> int:
        """`celery purge`: of one of the bench's queues the jobs that wait, too."""
        canceled = get_store().purge(queue) if queue in settings.current().queues else 0
        return canceled + int(super()._purge(queue))

    @cached_property
    def _scripts(self) -> scripts.Scripts:
        return scripts.Scripts(self._create_client())

    # -- consuming

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **options: Any) -> Any:
        """Begin to consume; what needs no acknowledgement is not held, or it would come back."""
        (self._unheld.add if no_ack else self._unheld.discard)(queue)
        if self in self.connection.cycle.consumers:  # it was idle, and may count as dead
            self.heartbeat()
        tag = super().basic_consume(queue, no_ack, *args, **options)
        self.connection.cycle._client_registered(self, self.subclient, "LISTEN")  # connects it
        self._subscribe()  # kombu begins to listen at the loop's first turn
        return tag

    def _subscribe(self) -> None:
        """To what is broadcast, as kombu, and to the bell that each enqueue rings."""
        super()._subscribe()
        if self.active_queues:
            self._in_listen = self.subclient.connection
            self.subclient.subscribe(self.keys.bell_of_whole)
            self.rang = True  # what came before that nobody heard

    def _handle_message(self, client: Any, response: Any) -> Any:
        """As kombu's; that the bell rang is no message to read."""
        told = super()._handle_message(client, response)
        if told and told["channel"] == self.keys.bell_of_whole.encode():
            self.rang, told["data"] = True, None
        return told

    def _receive(self) -> bool:
        """As kombu's, which waits where its connection was replaced and has nothing to be read."""
        listener = self.subclient.connection
        return listener is not None and listener.can_read(timeout=0) and super()._receive()

    def _receive_one(self, client: Any) -> Any:
        """As kombu's, which raises at what is no JSON, and leaves what follows it unread."""
        try:
            return super()._receive_one(client)
        except self.connection_errors:
            raise
        except Exception as exc:
            with suppress(BrokerUnreachable):
                whole_messages.refuse(None, "of what is broadcast", exc.__context__ or exc)
            return False

    def _update_queue_cycle(self) -> None:
        """Queues in the order in which they are consumed, each with its priorities."""
        self.fetches_from = {
            self._q_for_pri(queue, priority): queue
            for queue in self._active_queues
            if queue not in self.active_fanout_queues
            for priority in self.priority_steps
        }

    def fetch(self) -> bool:
        """Hand over the next message, unless it is refused; whether there was room and one."""
        if not (self.rang and self.fetches_from and self.qos.can_consume()):
            return False
        self.rang, tag = False, uuid.uuid4().hex
        keys = (self.keys.in_flight(self.consumer), self.keys.consumers, *self.fetches_from)
        raise_if_silent()
        try:
            found = self._scripts.run("fetch", keys, self.consumer, tag)
        except ResponseError as exc:  # somebody wrote to our keys; looked at again in a second
            logger.error("no job can be fetched: %s", exc)
            return False
        if not found:
            return False
        self.rang = True
        queue = self.fetches_from[found[0].decode()]
        message = self._read(found[1], queue)
        if message is None or queue in self._unheld:
            self.let_go(tag)
        if message is not None:
            properties = message["properties"]
            properties["delivery_tag"] = tag
            if message.pop("redelivered", False):  # `give_back.lua`
                properties["delivery_info"]["redelivered"] = True
            self.connection.deliver(message, queue)
        return True

    def _read(self, text: bytes, queue: str) -> dict[str, Any] | None:
        """The message that this is; None: it is refused."""
        try:
            whole = whole_messages.checked(loads(text), queue)
            return whole_messages.take(whole, queue)
        except Refused as exc:
            whole_messages.refuse(whole, queue, exc)
        except Exception as exc:
            logger.error("refused what lay in queue %s: %s", queue, exc)
            start = text[:100].decode(errors="replace")
            get_store().refuse(queue, start, f"no message: {exc!r}")
        return None

    @property
    def _is_gone(self) -> bool:
        """Closed, or its connection was, in mid-close too: its successor settles what it held."""
        return self.connection is None or self.connection.client is None

    def release(self, delivery_tag: str) -> None:
        """Put a message that this consumer holds back where it came from."""
        if self._is_gone:
            return
        held = (self.keys.in_flight(self.consumer), self.keys.consumers)
        about = (self.keys.prefix, self.consumer, "inf", "", "")
        self._scripts.run("let_go", held, *about, delivery_tag)

    def let_go(self, delivery_tag: str) -> None:
        """A message is acknowledged: this consumer holds it no more."""
        if not self._is_gone:
            self._create_client().hdel(self.keys.in_flight(self.consumer), delivery_tag)

    def heartbeat(self) -> None:
        """Sign of life; after `workers.DEAD_AFTER_SECONDS` without, others take what is held."""
        raise_if_silent()
        self._scripts.run("alive", (self.keys.consumers,), self.consumer, process_name())

    def close(self) -> None:
        """Give back what is held, and leave; without a connection that comes later."""
        if not self.closed and self in self.connection.cycle.consumers:
            self.connection.cycle.consumers.discard(self)
            try:
                self._leave()
            except self.connection_errors:
                _cut_off.add(self.consumer)
        if broker_is_silent():
            self.auto_delete_queues.clear()  # kombu would tell it of each
        super().close()

    def _leave(self) -> None:
        raise_if_silent()
        self.qos.restore_unacked_once()
        client = self._create_client()
        if not client.exists(self.keys.in_flight(self.consumer)):  # else the reaper's
            client.zrem(self.keys.consumers, self.consumer)

    def settle_cut_off(self) -> None:
        """Give back what this process had fetched when it lost its connection; jobs run on."""
        while _cut_off:
            consumer = _cut_off.pop()
            keys = (self.keys.in_flight(consumer), self.keys.consumers)
            self._scripts.run("let_go", keys, self.keys.prefix, consumer, "inf", "1", "")


class Transport(kombu_redis.Transport):
    """Named in `broker_transport`; `broker_url` stays an ordinary redis:// URL."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        """Of what was broadcast, which nobody has looked at yet and nobody acknowledges: whatever
        becomes of it where it is read ends no process."""
        try:
            message["properties"].setdefault("delivery_tag", "")
            self.deliver(whole_messages.take(whole_messages.checked(message, queue), queue), queue)
        except Exception as exc:
            with suppress(BrokerUnreachable):
                whole_messages.refuse(message, queue, exc)

    def deliver(self, message: dict[str, Any], queue: str) -> None:
        """Hand a message to whoever consumes from the queue."""
        super()._deliver(message, queue)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cycle = Poller()

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Let the worker's event loop drive us."""
        self.cycle.join(loop, self.on_readable)
        options = connection.client.transport_options
        health = options.get("health_check_interval", kombu_redis.DEFAULT_HEALTH_CHECK_INTERVAL)
        loop.call_repeatedly(health, self.cycle.maybe_check_subclient_health)
        loop.call_repeatedly(LOOK_ANYWAY_SECONDS, self.cycle.look_anyway)
        loop.call_repeatedly(BEAT_SECONDS, self.cycle.heartbeat)


class SentinelChannel(Channel):
    """The store's URL names the Sentinels and the master."""

    connection_class = SentinelManagedConnection
    keyprefix_fanout: str

    def _get_pool(self, asynchronous: bool = False) -> Any:
        """Of connections that each lead to whoever is the master then."""
        options = self._connparams(asynchronous)
        self.keyprefix_fanout = self.keyprefix_fanout.format(db=options["db"])
        for name in ("host", "port", "db", "username", "password"):
            options.pop(name, None)
        return Sentinels.of(get_store().url).master_pool(**options)


class SentinelTransport(Transport):
    """Named in `broker_transport` when `broker_url` begins with sentinel://."""

    Channel = SentinelChannel
