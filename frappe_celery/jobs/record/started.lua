-- function (prefix, run, place, now, worker, these)
-- A run that waited is started.
-- prefix; run; place, of its record; now; worker; rules (`rules.lua`), if there are any
redis.call('HSET', prefix .. 'job:' .. run, 'status', 'started', 'started_at', now, 'worker', worker)
local index = prefix .. 'jobs:' .. place .. '|'
redis.call('ZREM', index .. 'queued', run)
redis.call('ZADD', index .. 'started', now, run)
if these then these.begins(run, place) end
