-- A run that waited is started. `scripts.py` puts this before others, as the function `started`.
-- prefix; run; place, of its record; now; worker
redis.call('HSET', prefix .. 'job:' .. run, 'status', 'started', 'started_at', now, 'worker', worker)
local index = prefix .. 'jobs:' .. place .. '|'
redis.call('ZREM', index .. 'queued', run)
redis.call('ZADD', index .. 'started', now, run)
rank(prefix, place)
