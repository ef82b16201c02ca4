-- The newest recorded run that an id can mean.
-- KEYS: ids
-- ARGV: prefix, the run whose own id it may be, field that every record has, more fields …
-- Returns {run, values}, or false.
local runs = redis.call('ZREVRANGE', KEYS[1], 0, -1)
runs[#runs + 1] = ARGV[2]
for _, run in ipairs(runs) do
  local values = redis.call('HMGET', ARGV[1] .. 'job:' .. run, unpack(ARGV, 3))
  if values[1] then return {run, values} end
end
return false
