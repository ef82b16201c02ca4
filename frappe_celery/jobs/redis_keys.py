"""Names of everything that the store keeps in Redis, below the bench's prefix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

LANE = "line:"
ATTEMPT = "attempt"


def key(name: str) -> cached_property[str]:
    """One that is the same for all that is kept under it."""
    return cached_property(lambda keys: keys.prefix + name)


def key_of(name: str) -> cached_property[Callable[[object], str]]:
    """One that ends with what it is of: a run, a queue, …"""

    def begun(keys: Keys) -> Callable[[object], str]:
        begin = keys.prefix + name
        return lambda of: f"{begin}{of}"

    return cached_property(begun)


@dataclass(frozen=True)
class Keys:
    """`prefix` is the bench's; it begins every key, so that benches share one Redis."""

    prefix: str

    record = key_of("job:")
    """Hash: a run."""

    ids = key_of("id:")
    """Sorted set: the runs under a job id of one's own, by time."""

    def index(self, place: str, status: str) -> str:
        """Sorted set: the runs of a place (`site|queue`) in a status, by when they entered it;
        `ATTEMPT`: those that failed in the last hour and are repeated."""
        return f"{self.prefix}jobs:{place}|{status}"

    ended = key_of("ended:")
    """Hash: how many runs of each `site|queue|status` ended in a minute since the epoch."""

    history = key_of("history:")
    """Text: `day:` or `week:` and a site: its minutes or hours (`watch.minutes`)."""

    noted = key("history:noted")
    """Text: the last minute since the epoch that is in the history."""

    expiring = key("expiring")
    """Sorted set: an index's name and a run in it, by the time when its record is gone."""

    places = key("places")
    """Set: every `site|queue` that ever had a job."""

    queue = key_of("")
    """List: runs and whole messages of older versions, next one last. Where the broker is
    RabbitMQ: the runs that it has not taken yet."""

    whole = key_of("whole:")
    """List: whole messages of other Celery tasks, next one last; kombu's key of the queue."""

    lane = key_of(LANE)
    """List: the runs that wait in a place (`site|queue`), next one last."""

    def queue_of(self, waited_in: str) -> str:
        """The queue of which this key is the list, or the lane of a site."""
        return waited_in[len(self.prefix) :].rpartition("|")[2]

    turns = key_of("turns:")
    """Sorted set: the sites that have a lane in a queue, the next one first (`rank.lua`)."""

    shares = key("shares")
    """Hash: the share of each site that has another one than 1."""

    dependants = key_of("dependants:")
    """Sorted set: the jobs that depend on one (its first run), by when they were enqueued;
    infinite: they wait for it no more, and have not ended."""

    awaits = key_of("awaits:")
    """Sorted set: the jobs (their first runs) that a run still waits for; 1: that one may fail."""

    canceled_by = key_of("canceled_by:")
    """Sorted set: the runs that a job's failure has canceled, by when."""

    brings_back = key_of("brings_back:")
    """Sorted set: those of them that come back once it has finished."""

    settling = key("settling")
    """Sorted set: jobs that have ended, some of their dependants not told yet (`settle.lua`)."""

    batches = key("batches")
    """Sorted set: the batches, by when they were begun."""

    tending = key("batches:tending")
    """Sorted set: the same, by when a worker is to look at each (`tend.lua`)."""

    batch = key_of("batch:")
    """Hash: a batch (`batch_state`)."""

    def members(self, batch: str) -> str:
        """Hash: how each job of a batch stands, and its id, by the run that it began with."""
        return f"{self.batch(batch)}:members"

    def failed_members(self, batch: str) -> str:
        """Set: those of them that failed or were stopped."""
        return f"{self.batch(batch)}:failed"

    attempts = key_of("attempts:")
    """Sorted set: what was tried of a job (its first run) before its newest run: runs, by when they
    were enqueued."""

    swept = key("swept")
    """Text: no older worker has left attempts in the indexes (`lookup.JobFinder.expire`)."""

    scheduled = key("scheduled")
    """Sorted set: the runs that wait for their time, by that time."""

    open_transactions = key("commit:open")
    """Sorted set: those that runs wait for, by when the first of these has waited enough."""

    outages = key("outages")
    """Hash: by site, JSON of a database that is away (`limits.outages`)."""

    outboxes = key("outboxes")
    """Hash: by site, JSON of its outbox when it was last looked at (`outbox.relay`)."""

    outbox_marks = key_of("outbox:marks:")
    """Sorted set: runs that a site's outbox has enqueued, by when that is forgotten; 0: their rows
    are there still."""

    outbox_news = key("outbox:news")
    """Set: sites whose outboxes have rows that their callers left."""

    outbox_lease = key("outbox:relay")
    """Text: who relays."""

    parkings = key("parkings")
    """Sorted set: what keeps runs back, by when it may let some go (`rules.lua`)."""

    maintainer = key("maintainer")
    """Text: which worker does what one does for all (`worker.maintenance`)."""

    sweeping = key("sweeping")
    """Text: there while nobody else needs to look for ghosts (`worker.ghosts`)."""

    broker = key("broker:kind")
    """Text: `redis` or `rabbitmq`, as the worker that began last was told."""

    suspects = key("suspects")
    """Set: started runs that nobody seemed to have when ghosts were last looked for."""

    bell_of_whole = key("bell:whole")
    """Channel: rung when a message of another Celery task came into a queue."""

    bell_of = key_of("bell:")
    """List: one element when something came into the queue, for one process that waits."""

    confirmed_bell_of = key_of("confirmed:")
    """List: as `bell_of`, once RabbitMQ has taken a job's message."""

    in_flight = key_of("inflight:")
    """Hash: what a consumer took and has not acknowledged, by delivery tag."""

    clocks = key("clocks")
    """Hash: by machine, JSON of its clock where that is wrong (`clocks`)."""

    consumers = key("consumers")
    """Sorted set: consumers by the time of their last sign of life."""

    worker = key_of("worker:")
    """Hash: a worker as `frappe.get_all("RQ Worker")` shows it."""

    exchange = key_of("exchange:")
    """Text: what of its code does not import of the worker that was to come in that one's place."""

    workers = key("workers")
    """Sorted set: workers by the time of their last sign of life."""

    def due(self, site: str, entry: str) -> str:
        """Text: the last due time of a schedule entry that was acted on."""
        return f"{self.prefix}due:{site}:{entry}"

    lease = key("beat:lease")
    """Text: which of the schedulers leads, by its fence."""

    fence = key("beat:fence")
    """Number: the greatest fence that a leader had."""

    leader = key("beat:leader")
    """Text: the name of who leads or led."""

    sign_of_life = key("beat:pulse")
    """Hash: the leader's newest (`schedule.leadership`)."""

    changed_sites = key("beat:told")
    """Set: those whose schedule changed since the leader asked."""

    seen = key_of("beat:seen:")
    """Hash: of a site's schedule entries their last executions (`schedule.marks`)."""

    own_runs = key("beat:own")
    """Hash: when the app's own entries ran last."""

    row_runs = key("beat:ran")
    """Hash: runs of PeriodicTask rows that are not in their database yet."""

    caught = key("caught")
    """Sorted set: failures that Frappe caught, as JSON, by time (`watch.caught`)."""

    lacking = key("lacking")
    """Sorted set: what of Frappe's jobs lacked and caught, as JSON, by time (`watch.caught`)."""

    acted = key("acted")
    """List: due times that were acted on, newest first, as JSON (`schedule.history`): the
    entry, the last one `after` which all are meant, the `due` time, the first missed one
    `since` which it stands for, `at`, `enqueued`, `duplicate` or `skipped` and its reason, and
    that run."""

    routes = key("routes")
    """Hash: which of a bench's two systems a job goes to (see `bridge`)."""

    armed = key("armed")
    """Hash: machines of an armed bench, and since when a process there goes by routes."""

    left = key("left:state")
    """Hash: what jobs change in modules of apps, by its dotted name (`worker.state.left`)."""

    replaced = key("left:replaced")
    """Hash: after how many jobs running of a method their process was replaced (`limits.fresh`)."""

    refused = key("refused")
    """List: messages that were refused, newest first, with the reason."""

    untold = key("refused:untold")
    """List: those of them that scripts refused, and that no worker has logged."""

    spent = key_of("spent:")
    """How a run had ended that was deleted; kept as its record was to be, at most a week."""

    refusals = key("refusals")
    """Number: how many were refused since the bench's Redis was empty."""
