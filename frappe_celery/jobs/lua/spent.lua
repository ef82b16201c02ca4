-- Whether a run whose record calls it queued has ended before: somebody wrote to Redis. Its record says
-- again how it ended, and it is listed with what was refused.
-- prefix; run; queue; ended_at of its record
local status = redis.call('GET', prefix .. 'spent:' .. run)
if not status and not ended_at then return false end
redis.call('HSET', prefix .. 'job:' .. run, 'status', status or 'failed')
local time, refused = redis.call('TIME'), prefix .. 'refused'
local name = string.gsub(run, '[^%w_.:-]', '?')
redis.call('LPUSH', refused, cjson.encode({at = time[1] + time[2] / 1e6, queue = queue, run = name,
  reason = 'it had ended already: somebody who can write to Redis queued it again'}))
redis.call('LTRIM', refused, 0, 999)
redis.call('INCR', prefix .. 'refusals')
return true
