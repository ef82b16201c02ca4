-- function (prefix, batch, first)
-- Whether a batch keeps the records of a job of its own: until all have ended, and its callbacks.
-- prefix; batch (nothing: none); the run that the job began with
if not batch then return false end
local key = prefix .. 'batch:' .. batch
return redis.call('HEXISTS', key, 'released') == 0 and redis.call('HEXISTS', key .. ':members', first) == 1
