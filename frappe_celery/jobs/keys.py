"""Names of everything that the store keeps in Redis, below the bench's prefix."""

from __future__ import annotations

from dataclasses import dataclass

LINE = "line:"


@dataclass(frozen=True)
class Keys:
    """`prefix` is the bench's; it begins every key, so that benches share one Redis."""

    prefix: str

    def record(self, run: str) -> str:
        """Hash: one run."""
        return f"{self.prefix}job:{run}"

    def ids(self, job_id: str) -> str:
        """Sorted set: the runs under a job id of one's own, by time."""
        return f"{self.prefix}id:{job_id}"

    def index(self, place: str, status: str) -> str:
        """Sorted set: the runs of a place (`site|queue`) in a status, by when they entered it."""
        return f"{self.prefix}jobs:{place}|{status}"

    def ended(self, minute: int) -> str:
        """Hash: how many runs of each `site|queue|status` ended in a minute since the epoch."""
        return f"{self.prefix}ended:{minute}"

    def history(self, ring: str) -> str:
        """Text: `day:` or `week:` and a site: its minutes or hours (`watch.history`)."""
        return f"{self.prefix}history:{ring}"

    @property
    def noted(self) -> str:
        """Text: the last minute since the epoch that is in the history."""
        return f"{self.prefix}history:noted"

    @property
    def expiring(self) -> str:
        """Sorted set: an index's name and a run in it, by the time when its record is gone."""
        return f"{self.prefix}expiring"

    @property
    def places(self) -> str:
        """Set: every `site|queue` that ever had a job."""
        return f"{self.prefix}places"

    def queue(self, name: str) -> str:
        """List: messages of Celery's own, next one last; the key that kombu uses for the queue.
        Where the broker is RabbitMQ: the runs that it has not taken yet."""
        return f"{self.prefix}{name}"

    def line(self, place: str) -> str:
        """List: the runs that wait in a place (`site|queue`), next one last."""
        return f"{self.prefix}{LINE}{place}"

    def queue_of(self, waited_in: str) -> str:
        """The queue of which this key is the list, or the line of a site."""
        return waited_in[len(self.prefix) :].rpartition("|")[2]

    def turns(self, queue: str) -> str:
        """Sorted set: the sites that have a line in a queue, the next one first (`rank.lua`)."""
        return f"{self.prefix}turns:{queue}"

    @property
    def shares(self) -> str:
        """Hash: the share of each site that has another one than 1."""
        return f"{self.prefix}shares"

    @property
    def scheduled(self) -> str:
        """Sorted set: the runs that wait for their time, by that time."""
        return f"{self.prefix}scheduled"

    def kept_for(self, transaction: str) -> str:
        """Sorted set: the runs that wait for a transaction's end, by until when at most."""
        return f"{self.prefix}kept:commit:{transaction}"

    @property
    def open_transactions(self) -> str:
        """Sorted set: those that runs wait for, by when the first of these has waited enough."""
        return f"{self.prefix}commit:open"

    @property
    def sweeping(self) -> str:
        """Text: there while nobody else needs to look for ghosts (`worker.sweeper`)."""
        return f"{self.prefix}sweeping"

    @property
    def suspects(self) -> str:
        """Set: started runs that nobody seemed to have when ghosts were last looked for."""
        return f"{self.prefix}suspects"

    @property
    def bell(self) -> str:
        """Channel: rung with the queue's name at each enqueue."""
        return f"{self.prefix}bell"

    @property
    def bell_of_whole(self) -> str:
        """Channel: rung when a message of another Celery task is the next one in its queue."""
        return f"{self.prefix}bell:whole"

    def bell_of(self, queue: str) -> str:
        """List: one element when something came into the queue, for one process that waits."""
        return f"{self.prefix}bell:{queue}"

    @property
    def confirmed(self) -> str:
        """Channel: rung with the queue's name once RabbitMQ has taken a message for it."""
        return f"{self.prefix}confirmed"

    def confirmed_bell_of(self, queue: str) -> str:
        """List: as `bell_of`, once RabbitMQ has taken a message."""
        return f"{self.prefix}confirmed:{queue}"

    def in_flight(self, consumer: str) -> str:
        """Hash: what a consumer took and has not acknowledged, by delivery tag."""
        return f"{self.prefix}inflight:{consumer}"

    @property
    def consumers(self) -> str:
        """Sorted set: consumers by the time of their last sign of life."""
        return f"{self.prefix}consumers"

    def worker(self, name: str) -> str:
        """Hash: a worker as `frappe.get_all("RQ Worker")` shows it."""
        return f"{self.prefix}worker:{name}"

    @property
    def workers(self) -> str:
        """Sorted set: workers by the time of their last sign of life."""
        return f"{self.prefix}workers"

    def due(self, site: str, entry: str) -> str:
        """Text: the last due time of a schedule entry that was acted on."""
        return f"{self.prefix}due:{site}:{entry}"

    @property
    def acted(self) -> str:
        """List: due times that were acted on, newest first, as JSON (`schedule.history`): the
        entry, the last one `after` which all are meant, the `due` time, the first missed one
        `since` which it stands for, `at`, `enqueued`, `duplicate` or `skipped` and its reason, and
        that run."""
        return f"{self.prefix}acted"

    @property
    def routes(self) -> str:
        """Hash: which of a bench's two systems a job goes to (see `routes`)."""
        return f"{self.prefix}routes"

    @property
    def armed(self) -> str:
        """Hash: machines of an armed bench, and since when a process there goes by routes."""
        return f"{self.prefix}armed"

    @property
    def left(self) -> str:
        """Hash: what jobs change in modules of apps, by its dotted name (`worker.state.left`)."""
        return f"{self.prefix}left:state"

    @property
    def refused(self) -> str:
        """List: messages that were refused, newest first, with the reason."""
        return f"{self.prefix}refused"

    def spent(self, run: str) -> str:
        """How a run had ended that was deleted; kept as its record was to be, at most a week."""
        return f"{self.prefix}spent:{run}"

    @property
    def refusals(self) -> str:
        """Number: how many were refused since the bench's Redis was empty."""
        return f"{self.prefix}refusals"
