"""What threads share: locals, queues, events, locks, context variables."""

import asyncio
import contextvars
import queue
import threading

from lookout import beyond, way

LOCAL, LOCAL_ROWS = threading.local(), threading.local()
LOCAL_ROWS.rows = []


class OwnLocal(threading.local):
    def __init__(self):
        self.token = None


OWN_LOCAL = OwnLocal()
LOCALS = {"one": threading.local()}
QUEUE, SIMPLE, LAST, FIRST = (
    *(queue.Queue(), queue.SimpleQueue()),
    *(queue.LifoQueue(), queue.PriorityQueue()),
)
FULL = queue.Queue()
FULL.put("as imported")
OF_ASYNCIO = asyncio.Queue()
EVENT, CLEARED, EVENTS = threading.Event(), threading.Event(), {"one": threading.Event()}
CLEARED.set()
OF_LOOP = asyncio.Event()
SEMAPHORE = threading.Semaphore(100_000)
CONDITION = threading.Condition()
LOCK, REENTRANT, LOCKS, OF_OBJECT = (
    *(threading.Lock(), threading.RLock()),
    {"one": threading.Lock()},
    type("Guarded", (), {"__module__": __name__})(),
)
OF_OBJECT.lock = threading.Lock()
TENANT = contextvars.ContextVar("tenant", default=None)
TENANTS = contextvars.ContextVar("tenants", default=[])  # noqa: B039


@way(lambda: getattr(LOCAL, "token", None))
def attribute_of_a_thread_local(tenant):
    LOCAL.token = tenant


@way(lambda: getattr(LOCAL_ROWS, "rows", None))
def list_of_a_thread_local(tenant):
    if not hasattr(LOCAL_ROWS, "rows"):
        LOCAL_ROWS.rows = []
    LOCAL_ROWS.rows.append(tenant)


@way(lambda: OWN_LOCAL.token)
def attribute_of_a_thread_local_class(tenant):
    OWN_LOCAL.token = tenant


@way(lambda: vars(LOCALS["one"]))
def thread_local_in_a_dictionary(tenant):
    LOCALS["one"].token = tenant


@way(lambda: QUEUE.qsize())
def queue_filled(tenant):
    QUEUE.put(tenant)


@way(lambda: SIMPLE.qsize())
def simple_queue_filled(tenant):
    SIMPLE.put(tenant)


@way(lambda: LAST.qsize())
def last_in_first_out_filled(tenant):
    LAST.put(tenant)


@way(lambda: FIRST.qsize())
def priority_queue_filled(tenant):
    FIRST.put(tenant)


@beyond(lambda: not FULL.qsize())
def queue_emptied(tenant):
    if FULL.qsize():
        FULL.get()


@beyond(lambda: OF_ASYNCIO.qsize())
def queue_of_asyncio(tenant):
    OF_ASYNCIO.put_nowait(tenant)


@way(lambda: EVENT.is_set())
def event_set(tenant):
    EVENT.set()


@beyond(lambda: not CLEARED.is_set())
def event_cleared(tenant):
    CLEARED.clear()


@way(lambda: EVENTS["one"].is_set())
def event_in_a_dictionary(tenant):
    EVENTS["one"].set()


@beyond(lambda: OF_LOOP.is_set())
def event_of_asyncio(tenant):
    OF_LOOP.set()


@beyond(lambda: SEMAPHORE._value != 100_000)
def semaphore_taken(tenant):
    SEMAPHORE.acquire(blocking=False)


@way(lambda: LOCK.locked())
def lock_held(tenant):
    LOCK.acquire(blocking=False)


@way(lambda: LOCKS["one"].locked())
def lock_in_a_dictionary_held(tenant):
    LOCKS["one"].acquire(blocking=False)


@way(lambda: OF_OBJECT.lock.locked())
def lock_of_an_object_held(tenant):
    OF_OBJECT.lock.acquire(blocking=False)


@beyond(lambda: "count=0" not in repr(REENTRANT))
def reentrant_lock_held(tenant):
    REENTRANT.acquire(blocking=False)


@beyond(lambda: "count=0" not in repr(CONDITION))
def condition_held(tenant):
    CONDITION.acquire(blocking=False)


@way(lambda: TENANT.get())
def context_variable(tenant):
    TENANT.set(tenant)


@beyond(lambda: TENANTS.get())
def list_in_a_context_variable(tenant):
    TENANTS.get().append(tenant)
