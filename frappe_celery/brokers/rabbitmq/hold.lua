-- A consumer got a run's message from RabbitMQ: noted in its in-flight hash while the run waits.
-- KEYS: record, in-flight hash, consumers
-- ARGV: consumer, delivery tag, queue's list, run
-- Returns {'held', sealed message}, else {the status that forbids it, ''} ('' : no record, or none that
-- makes sense), or
-- {'settled', ''} for a consumer that others took for dead, until its next sign of life: nobody would
-- look for what it holds.
local found = redis.pcall('HMGET', KEYS[1], 'status', 'message', 'place')
if found.err or not string.find(found[3] or '', '|', 1, true) then return {'', ''} end
if found[1] ~= 'queued' then return {found[1] or '', ''} end
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return {'settled', ''} end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3] .. '\n' .. ARGV[4])
return {'held', found[2]}
