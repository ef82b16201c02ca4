-- A run becomes a job of RQ's: checked to be as it was read, taken out here, put there.
-- KEYS: record, RQ's hash of the job, RQ's list, RQ's stream of the job's results, then all lists of
--       RQ's for this bench
-- ARGV: prefix, run, the status that it must have, its sealed message, its id, 'first' or 'last' in
--       the list, when RQ forgets one that has failed ('' : it waits) and what it raised as RQ packs
--       it, field, value …
-- Returns 'moved', 'changed' (it runs, has ended or is gone), 'occupied' (RQ has a job with this id),
-- 'open' (the transaction in which it was enqueued is), 'needed' (others wait for it) or 'batch' (one
-- counts it).
local prefix, run, id, failed = ARGV[1], ARGV[2], ARGV[5], ARGV[7] ~= ''
local found = redis.call('HMGET', KEYS[1], 'status', 'message', 'parked', 'needed', 'batch')
if not found[1] and redis.call('HGET', KEYS[2], 'frappe_celery_run') == run then
  return 'moved'  -- our own retry
end
if found[1] ~= ARGV[3] or found[2] ~= ARGV[4] then return 'changed' end
if string.find(found[3] or '', '^commit:') then return 'open' end
if found[4] and redis.call('EXISTS', prefix .. 'dependants:' .. found[4]) == 1 then return 'needed' end
if found[5] and redis.call('EXISTS', prefix .. 'batch:' .. found[5]) == 1 then return 'batch' end

local there = redis.call('HGET', KEYS[2], 'status')
if there then
  local ended = there == 'finished' or there == 'failed' or there == 'canceled' or there == 'stopped'
  if failed or not ended or waits_in(KEYS, 5, id) then return 'occupied' end
end

redis.call('DEL', KEYS[2], KEYS[4])  -- as RQ itself does with an ended one when its id is used again
forget_ended(KEYS, 5, id)
delete({KEYS[1]}, {prefix, run})
redis.call('HSET', KEYS[2], 'frappe_celery_run', run, unpack(ARGV, 9))
if failed then
  redis.call('ZADD', 'rq:failed:' .. string.sub(KEYS[3], #'rq:queue:' + 1), ARGV[7], id)
  redis.call('XADD', KEYS[4], '*', 'type', '2', 'exc_string', ARGV[8])
  if ARGV[7] ~= '+inf' then
    for _, key in ipairs({KEYS[2], KEYS[4]}) do redis.call('EXPIREAT', key, ARGV[7]) end
  end
else
  redis.call('SADD', 'rq:queues', KEYS[3])
  redis.call(ARGV[6] == 'first' and 'LPUSH' or 'RPUSH', KEYS[3], id)
end
return 'moved'
