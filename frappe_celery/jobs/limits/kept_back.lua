-- function (prefix, run)
-- What keeps a run back, a limit, a pause or an open transaction, where it stands among those that it keeps.
-- prefix; run
local counter = redis.call('HGET', prefix .. 'job:' .. run, 'parked')
return counter and redis.call('ZSCORE', prefix .. 'kept:' .. counter, run) and counter
