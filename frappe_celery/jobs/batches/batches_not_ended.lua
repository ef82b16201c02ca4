-- Those of some batches that have not ended, or were canceled.
-- ARGV: prefix, first and last place among all, the newest first, field …
-- Returns how many it looked at, then of each its id and what these fields hold.
local batches = redis.call('ZREVRANGE', ARGV[1] .. 'batches', ARGV[2], ARGV[3])
local found = {#batches}
for _, batch in ipairs(batches) do
  local key = ARGV[1] .. 'batch:' .. batch
  if redis.call('HGET', key, 'status') ~= 'ended' then
    found[#found + 1] = {batch, redis.call('HMGET', key, unpack(ARGV, 4))}
  end
end
return found
