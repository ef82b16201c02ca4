-- function (prefix, run, place, ended_at)
-- Whether a run whose record calls it queued has ended before, or stands among those of another status:
-- somebody wrote to Redis. Its record says again what it was, and it is listed with what was refused.
-- prefix; run; place and ended_at of its record
local index = prefix .. 'jobs:' .. place .. '|'
local was = redis.call('GET', prefix .. 'spent:' .. run)
if not was then
  if not ended_at and redis.call('ZSCORE', index .. 'queued', run) then return false end
  for _, status in ipairs({'started', 'scheduled', 'deferred', 'finished', 'failed', 'stopped', 'canceled'}) do
    if redis.call('ZSCORE', index .. status, run) then was = status end
  end
  was = was or ended_at and 'failed'
  if not was then return false end  -- the Redis lost a part of its data
end
redis.call('HSET', prefix .. 'job:' .. run, 'status', was)
refuse(prefix, string.match(place, '[^|]*$'), run,
  'it was ' .. was .. ': somebody who can write to Redis queued it again')
return true
