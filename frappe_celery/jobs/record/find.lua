-- The newest recorded run that an id can mean.
-- KEYS: ids
-- ARGV: prefix, the run whose own id it may be, '1': of the job alone that began with that run,
--       field that every record has, more fields …
-- Returns {run, values}, or false.
local runs = redis.call('ZREVRANGE', KEYS[1], 0, -1)
local asked = string.sub(KEYS[1], #ARGV[1] + #'id:' + 1)
if ARGV[3] == '1' or is_own_id(ARGV[1], ARGV[2], asked) then runs[#runs + 1] = ARGV[2] end
for _, run in ipairs(runs) do
  local record = ARGV[1] .. 'job:' .. run
  local first, following = unpack(redis.call('HMGET', record, 'first_run', 'following'))
  local is_asked_for = ARGV[3] == '' or run == ARGV[2] or first == ARGV[2]
  if is_asked_for and not following then  -- else the run that followed is its job, also once it is gone
    local values = redis.call('HMGET', record, unpack(ARGV, 4))
    if values[1] then return {run, values} end
  end
end
return false
