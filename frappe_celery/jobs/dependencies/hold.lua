-- function (prefix, run, id)
-- The record of a run that has ended is kept until its dependants have ended too.
-- prefix; run; its id
local record = prefix .. 'job:' .. run
local left, found = redis.call('TTL', record), redis.call('HMGET', record, 'place', 'status')
if left < 0 or not found[1] then return end  -- it is kept already, or of a batch that is forgotten
redis.call('HSET', record, 'keep', left)
redis.call('PERSIST', record)
redis.call('PERSIST', prefix .. 'id:' .. id)
redis.call('ZREM', prefix .. 'expiring', found[1] .. '|' .. found[2] .. '\n' .. run)
