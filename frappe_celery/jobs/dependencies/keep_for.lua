-- function (prefix, first, id, run, dependant)
-- A job's dependant waits for it no more, and reads what it returned: once it has ended, its record is
-- kept until the dependant has ended too.
-- prefix; its first run; its id; its newest run (nothing: none is left); the dependant
redis.call('ZADD', prefix .. 'dependants:' .. first, '+inf', dependant)
if not run then return end
local record = prefix .. 'job:' .. run
redis.call('HSET', record, 'needed', first)
local left, found = redis.call('TTL', record), redis.call('HMGET', record, 'place', 'status', 'first_run')
if left < 0 or not found[1] then return end  -- it is kept already, or of a batch that is forgotten
redis.call('HSET', record, 'keep', left)
redis.call('PERSIST', record)
redis.call('PERSIST', prefix .. 'id:' .. id)
if found[3] then keep_attempts(prefix, found[3], -1) end
redis.call('ZREM', prefix .. 'expiring', found[1] .. '|' .. found[2] .. '\n' .. run)
