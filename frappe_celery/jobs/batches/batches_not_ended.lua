-- Those of some batches that have not ended, or were canceled.
-- ARGV: prefix, first and last place among all, the newest first, field …
-- Returns how many it looked at, then of each its id and what these fields hold.
local batches = redis.call('ZREVRANGE', ARGV[1] .. 'batches', ARGV[2], ARGV[3])
local found = {#batches}
for _, batch in ipairs(batches) do
  local key = ARGV[1] .. 'batch:' .. batch
  local status, going = unpack(redis.call('HMGET', key, 'status', 'going'))
  if status ~= 'ended' or tonumber(going or 0) > 0 then  -- else jobs of it were requeued
    found[#found + 1] = {batch, redis.call('HMGET', key, unpack(ARGV, 4))}
  end
end
return found
