-- ARGV: prefix, run … Returns each one's unchanging part ('' : gone), and what keeps it back ('').
local found = {}
for i = 2, #ARGV do
  local record = redis.call('HMGET', ARGV[1] .. 'job:' .. ARGV[i], 'about', 'parked')
  found[i - 1] = {record[1] or '', record[2] or ''}
end
return found
