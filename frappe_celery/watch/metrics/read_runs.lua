-- ARGV: prefix, run … Returns of each what is counted; of one that is gone nothing.
local found = {}
for i = 2, #ARGV do
  local record = redis.call('HMGET', ARGV[1] .. 'job:' .. ARGV[i],
    'place', 'about', 'status', 'enqueued_at', 'started_at', 'ended_at')
  if record[1] then
    for field = 1, 6 do record[field] = record[field] or '' end
    found[#found + 1] = record
  end
end
return found
