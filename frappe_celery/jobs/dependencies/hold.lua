-- function (prefix, run, id)
-- The record of a run that has ended is kept until its dependants have ended too.
-- prefix; run; its id
local record = prefix .. 'job:' .. run
local left = redis.call('TTL', record)
if left < 0 then return end  -- it is kept already
local found = redis.call('HMGET', record, 'place', 'status')
redis.call('HSET', record, 'keep', left)
redis.call('PERSIST', record)
redis.call('PERSIST', prefix .. 'id:' .. id)
redis.call('ZREM', prefix .. 'expiring', found[1] .. '|' .. found[2] .. '\n' .. run)
