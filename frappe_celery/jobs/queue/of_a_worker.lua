-- function (prefix, run)
-- Whether a started run is a worker's, or nobody knows whose: one that its caller runs itself has a
-- worker without '@' in its name.
-- prefix; run
local worker = redis.call('HGET', prefix .. 'job:' .. run, 'worker')
return not worker or string.find(worker, '@', 1, true)
