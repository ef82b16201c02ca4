-- Take the runs whose records have expired out of the indexes.
-- KEYS: expiring
-- ARGV: prefix, most of them at once
-- Returns how many there were.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, name in ipairs(gone) do
  local split = string.find(name, '\n', 1, true)
  redis.call('ZREM', ARGV[1] .. 'jobs:' .. string.sub(name, 1, split - 1), string.sub(name, split + 1))
end
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
return #gone
