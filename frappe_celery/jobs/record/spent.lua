-- function (prefix, run, queue, ended_at)
-- Whether a run whose record calls it queued has ended before: somebody wrote to Redis. Its record says
-- again how it ended, and it is listed with what was refused.
-- prefix; run; queue; ended_at of its record
local status = redis.call('GET', prefix .. 'spent:' .. run)
if not status and not ended_at then return false end
local record = prefix .. 'job:' .. run
local ended = redis.call('HEXISTS', record, 'result') == 1 and 'finished' or 'failed'
redis.call('HSET', record, 'status', status or ended)
refuse(prefix, queue, run, 'it had ended already: somebody who can write to Redis queued it again')
return true
