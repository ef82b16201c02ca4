-- function (prefix, batch, since, reason)
-- The maker of a batch will not come to its end: what is enqueued of it is canceled.
-- prefix; batch; since when nothing was heard of the maker (that is no outbox; math.huge: whoever it
-- is, and whenever); why
-- Returns whether it was still being made.
local key = prefix .. 'batch:' .. batch
local status, alive_at = unpack(redis.call('HMGET', key, 'status', 'alive_at'))
if status ~= 'making' or tonumber(alive_at or math.huge) > since then return false end
redis.call('HSET', key, 'status', 'canceled', 'reason', reason, 'ended_at', redis.call('TIME')[1])
redis.call('HDEL', key, 'alive_at')
redis.call('ZADD', prefix .. 'batches:tending', 0, batch)
cancel_batch(prefix, batch, reason)
return true
