-- function (prefix, place)
-- For how many jobs that are yet to come a place has been promised to calls of `enqueue_many`.
-- prefix; place: 'site|queue'
local promises, number = prefix .. 'reserved:' .. place, 0
local now = tonumber(redis.call('TIME')[1])
local found = redis.call('HGETALL', promises)
for i = 1, #found, 2 do
  local left, latest = string.match(found[i + 1], '^(%d+) (%d+)$')
  if tonumber(latest) < now then redis.call('HDEL', promises, found[i])  -- its caller died, or rests
  else number = number + left end
end
return number
