-- A run's process died before it had started it: first in its queue again, a few times at most.
-- KEYS: record, list
-- ARGV: run, most times, prefix
-- Returns 1 when it is in its queue.
if redis.call('HGET', KEYS[1], 'status') ~= 'queued' then return 0 end
if redis.call('HINCRBY', KEYS[1], 'given_back', 1) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'front', '1')
put(ARGV[3], KEYS[2], ARGV[1], true)
ring(ARGV[3], KEYS[2])
return 1
