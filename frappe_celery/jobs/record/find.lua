-- The newest recorded run that an id can mean.
-- KEYS: ids
-- ARGV: prefix, the run whose own id it may be, '1': of the job alone that began with that run,
--       field that every record has, more fields …
-- Returns {run, values}, or false.
local runs = redis.call('ZREVRANGE', KEYS[1], 0, -1)
runs[#runs + 1] = ARGV[2]
for _, run in ipairs(runs) do
  local record = ARGV[1] .. 'job:' .. run
  if ARGV[3] == '' or run == ARGV[2] or redis.call('HGET', record, 'first_run') == ARGV[2] then
    local values = redis.call('HMGET', record, unpack(ARGV, 4))
    if values[1] then return {run, values} end
  end
end
return false
