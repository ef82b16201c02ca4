-- ARGV: prefix, time since which failures count, place … Returns JSON: what is in each.
local prefix, since = ARGV[1], ARGV[2]
local places = {}
local function count(place, status)
  return redis.call('ZCARD', prefix .. 'jobs:' .. place .. '|' .. status)
end
for i = 3, #ARGV do
  local place = ARGV[i]
  local queued, oldest = count(place, 'queued'), {}
  if queued > 0 then
    oldest = redis.call('ZRANGE', prefix .. 'jobs:' .. place .. '|queued', 0, 0, 'WITHSCORES')
  end
  local function lately(status)
    return redis.call('ZCOUNT', prefix .. 'jobs:' .. place .. '|' .. status, since, '+inf')
  end
  places[#places + 1] = {
    place, queued, count(place, 'started'), count(place, 'scheduled'), count(place, 'deferred'),
    count(place, 'failed'), lately('failed'), lately('attempt'), oldest[2] or ''
  }
end
return cjson.encode(places)
