-- function (KEYS, ARGV)
-- The maker of a batch will not come to its end: what is enqueued of it is canceled.
-- ARGV: prefix, batch, field that says when something was heard of its maker, since when nothing was
--       ('inf' : whoever it is, and whenever), why
-- Returns whether it was still being made.
local prefix, batch, reason = ARGV[1], ARGV[2], ARGV[5]
local key = prefix .. 'batch:' .. batch
local status, heard_at = unpack(redis.call('HMGET', key, 'status', ARGV[3]))
if status ~= 'making' or tonumber(heard_at or math.huge) > tonumber(ARGV[4]) then return false end
redis.call('HSET', key, 'status', 'canceled', 'reason', reason, 'ended_at', redis.call('TIME')[1])
redis.call('HDEL', key, 'alive_at', 'relayed_at')
redis.call('ZADD', prefix .. 'batches:tending', 0, batch)
cancel_batch(prefix, batch, reason)
return true
