-- function (prefix, run, place, enqueued_at, holds)
-- A started run of which nothing has run counts as waiting again, and frees its slots. Where it waits is
-- the caller's part.
-- prefix; run; then what its record has under these names
redis.call('HSET', prefix .. 'job:' .. run, 'status', 'queued')
redis.call('HDEL', prefix .. 'job:' .. run, 'started_at', 'worker')
local index = prefix .. 'jobs:' .. place .. '|'
redis.call('ZREM', index .. 'started', run)
redis.call('ZADD', index .. 'queued', enqueued_at, run)
rank(prefix, place)
if holds then free_slots(prefix, run, holds) end
