-- function (prefix, run, id)
-- The record of a run that has ended is kept until its dependants have ended too.
-- prefix; run; its id
local record = prefix .. 'job:' .. run
local left, found = redis.call('TTL', record), redis.call('HMGET', record, 'place', 'status', 'first_run')
if left < 0 or not found[1] then return end  -- it is kept already, or of a batch that is forgotten
redis.call('HSET', record, 'keep', left)
redis.call('PERSIST', record)
redis.call('PERSIST', prefix .. 'id:' .. id)
if found[3] then keep_attempts(prefix, found[3], -1) end
redis.call('ZREM', prefix .. 'expiring', found[1] .. '|' .. found[2] .. '\n' .. run)
