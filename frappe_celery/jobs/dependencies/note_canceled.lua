-- function (prefix, first, run, now, ttl)
-- A run is canceled since a job has failed, and may come back after that one's requeue.
-- prefix; that job's first run; run; now; for how many seconds (below 0: for ever)
local canceled = prefix .. 'canceled_by:' .. first
redis.call('ZADD', canceled, now, run)
if ttl >= 0 then redis.call('EXPIRE', canceled, ttl) end
