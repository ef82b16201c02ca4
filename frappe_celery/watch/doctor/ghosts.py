"""Ghosts: ids that count as waiting or running, and so keep others of that id out, without a job.

A run that waits stands in its queue's list or in RabbitMQ, is kept back by a limit, or is in a
worker's hands; one that runs is in a worker's hands. One that is nowhere was lost by the broker, or
by somebody who edited its data.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.watch.doctor.report import Section, counted
from frappe_celery.watch.doctor.snapshot import Snapshot

YOUNG_SECONDS = 30.0
"""Twice what the reaper takes to fail a job whose worker died."""
LOOKED_AT = 5_000
"""Queues up to this length are compared run by run; of longer ones only the numbers."""
NAMED = 20

_FIND = """
-- KEYS: consumers. ARGV: prefix, longest queue to look through, then queue, its places as JSON, '1'
-- where more of it may wait in a broker that cannot be looked through …
-- Returns JSON: runs in no queue, kept back by nothing and in nobody's hands, and how many more
-- there must be.
local prefix, most = ARGV[1], tonumber(ARGV[2])
local held, waits, runs, more = {}, {}, {}, 0
local function is_kept_back(run)
  local counter = redis.call('HGET', prefix .. 'job:' .. run, 'parked')
  return counter and redis.call('ZSCORE', prefix .. 'kept:' .. counter, run)
end
for _, consumer in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  for _, value in ipairs(redis.call('HVALS', prefix .. 'inflight:' .. consumer)) do
    local split = string.find(value, '\\n', 1, true)
    local run = string.sub(value, split + 1)
    local queue = string.match(string.sub(value, #prefix + 1, split - 1), '[^|]*$')
    held[run] = true
    if redis.call('HGET', prefix .. 'job:' .. run, 'status') == 'queued' then
      waits[queue] = (waits[queue] or 0) + 1
    end
  end
end
for i = 3, #ARGV, 3 do
  local queue, standing, queued = ARGV[i], {}, 0
  local places, lists, length = cjson.decode(ARGV[i + 1]), {prefix .. queue}, 0
  local is_hidden = ARGV[i + 2] == '1'
  for _, place in ipairs(places) do lists[#lists + 1] = prefix .. 'line:' .. place end
  for _, list in ipairs(lists) do length = length + redis.call('LLEN', list) end
  for _, list in ipairs(length <= most and lists or {}) do
    for _, run in ipairs(redis.call('LRANGE', list, 0, -1)) do standing[run] = true end
  end
  local function look(key)
    for _, run in ipairs(redis.call('ZRANGE', key, 0, most - 1)) do
      if not held[run] and not standing[run] and not is_kept_back(run) and #runs < 1000 then
        runs[#runs + 1] = run
      end
    end
  end
  for _, place in ipairs(places) do
    local index = prefix .. 'jobs:' .. place .. '|'
    look(index .. 'started')
    if length <= most and not is_hidden then look(index .. 'queued') end
    queued = queued + redis.call('ZCARD', index .. 'queued')
  end
  if length > most and not is_hidden then
    more = more + math.max(0, queued - length - (waits[queue] or 0))
  end
end
for name, kind in pairs({parkings = '', ['commit:open'] = 'commit:'}) do
  for _, counter in ipairs(more > 0 and redis.call('ZRANGE', prefix .. name, 0, -1) or {}) do
    more = math.max(0, more - redis.call('ZCARD', prefix .. 'kept:' .. kind .. counter))
  end
end
return cjson.encode({#runs > 0 and runs or '', more})
"""


def check(store: JobStore, snapshot: Snapshot, site: str | None) -> Section:
    """Each ghost by its id, up to some; in long queues only how many there are."""
    section = Section("ghosts")
    runs, more = _suspects(store, snapshot)
    jobs = list(store.read(runs))
    ghosts = [job for job in jobs if job and site in (None, job.site) and _is_ghost(job, snapshot)]
    section.rows += [
        {"id": job.id, "queue": job.queue, "status": job.status.value} for job in ghosts[:NAMED]
    ]
    if ghosts:
        section.warn(
            f"{counted(len(ghosts), 'ghost')}: counted as waiting or running, but in no queue and"
            " in no worker's hands; with deduplicate, nothing of such an id is enqueued",
            "forget them: frappe-celery jobs delete ID",
        )
    lost = more + sum(job is None for job in jobs)
    if lost and site is None:
        section.warn(
            f"{counted(lost, 'job')} counted without a record, or in no queue: the Redis lost a"
            " part of its data",
            "see `broker`",
        )
    return section


def _suspects(store: JobStore, snapshot: Snapshot) -> tuple[list[str], int]:
    by_queue: dict[str, list[str]] = {}
    for place in snapshot.places:
        if place.queued or place.started:
            by_queue.setdefault(place.queue, []).append(place.name)
    queues = [
        text
        for queue, names in by_queue.items()
        for text in (queue, json.dumps(names), "1" if _is_hidden(store, queue) else "")
    ]
    find = store.client.register_script(_FIND)
    with naming_the_server(store.url):
        runs, more = json.loads(
            find([store.keys.consumers], [store.keys.prefix, LOOKED_AT, *queues])
        )
    return list(runs or []), int(more)


def _is_hidden(store: JobStore, queue: str) -> bool:
    """Whether some of a queue may wait in RabbitMQ, which shows nobody what it has."""
    try:
        return store.outbox is not None and store.outbox.waiting(queue) > 0
    except BrokerUnreachable:
        return True


def _is_ghost(job: Job, snapshot: Snapshot) -> bool:
    since = job.started_at if job.status == JobStatus.STARTED else job.enqueued_at
    age = snapshot.at - (since or datetime.min).replace(tzinfo=timezone.utc).timestamp()
    return job.status in (JobStatus.QUEUED, JobStatus.STARTED) and age > YOUNG_SECONDS
