-- A run becomes a job of RQ's: checked to be as it was read, taken out here, put there.
-- KEYS: record, RQ's hash of the job, RQ's list, the sorted sets of RQ's failed and finished jobs,
--       the stream of RQ's results of the job
-- ARGV: prefix, run, the status that it has, its sealed message, its id, the list's name among RQ's
--       queues, 'first' or 'last' in the list, when RQ forgets one that has failed ('' : it waits)
--       and what it raised as RQ packs it, field, value …
-- `scripts.py` puts delete.lua before this, as a function.
-- Returns 'moved', 'changed' (it runs, has ended or is gone) or 'occupied' (RQ has a job with this id).
local prefix, run, id = ARGV[1], ARGV[2], ARGV[5]
local found = redis.call('HMGET', KEYS[1], 'status', 'message')
if not found[1] and redis.call('HGET', KEYS[2], 'frappe_celery_run') == run then
  return 'moved'  -- our own retry
end
if found[1] ~= ARGV[3] or found[2] ~= ARGV[4] then return 'changed' end
local there = redis.call('HGET', KEYS[2], 'status')
local ended = there == 'finished' or there == 'failed' or there == 'canceled' or there == 'stopped'
if there and not (ended and ARGV[8] == '') then return 'occupied' end

redis.call('DEL', KEYS[2], KEYS[6])  -- as RQ itself does with an ended one when its id is enqueued again
delete({KEYS[1]}, {prefix, run})
redis.call('HSET', KEYS[2], 'frappe_celery_run', run, unpack(ARGV, 10))
redis.call('ZREM', KEYS[4], id)
redis.call('ZREM', KEYS[5], id)
if ARGV[8] ~= '' then
  redis.call('ZADD', KEYS[4], ARGV[8], id)
  redis.call('XADD', KEYS[6], '*', 'type', '2', 'exc_string', ARGV[9])
  for _, key in ipairs({KEYS[2], KEYS[6]}) do redis.call('EXPIREAT', key, ARGV[8]) end
else
  redis.call('SADD', 'rq:queues', ARGV[6])
  redis.call(ARGV[7] == 'first' and 'LPUSH' or 'RPUSH', KEYS[3], id)
end
return 'moved'
