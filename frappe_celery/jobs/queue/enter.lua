-- function (prefix, run, was, now, list)
-- A run that waited for its time or for other jobs enters its queue, or waits for the end of the
-- transaction in which it was enqueued, if that is still open.
-- prefix; run; its status until now; now; the list that it waits in; nothing: as its record has it
-- Returns whether it is in its queue.
local record = prefix .. 'job:' .. run
local found = redis.call('HMGET', record, 'place', 'front', 'transaction', 'list')
local index = prefix .. 'jobs:' .. found[1] .. '|'
redis.call('HSET', record, 'status', 'queued')
redis.call('ZREM', index .. was, run)
redis.call('ZADD', index .. 'queued', now, run)
local latest = found[3] and redis.call('ZSCORE', prefix .. 'commit:open', found[3])
if latest then
  await_commit(prefix, run, found[3], latest)
  return false
end
list = list or prefix .. found[4]
put(prefix, list, {run}, found[2])
ring(prefix, list)
return true
