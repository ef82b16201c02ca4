-- function (prefix, batch, first, outcome, id)
-- A job of a batch goes, or has ended.
-- prefix; batch; the run that the job began with; 'going', 'duplicate', how it ended or 'deleted'; of
-- one that is new its id
-- Returns what others wait for that has ended with it, for `settle.lua`; nothing of one that it does
-- not count: a callback, or the batch is forgotten.
local key = prefix .. 'batch:' .. batch
local was = redis.call('HGET', key .. ':members', first)
if not (was or id) then return end
local before, known = string.match(was or ' ', '^(%S*) (.*)$')
if before == outcome or (before == 'finished' and outcome == 'deleted') then return {} end
if was then redis.call('HINCRBY', key, before, -1) end
redis.call('HINCRBY', key, outcome, 1)
local function is_failure(how) return how == 'failed' or how == 'stopped' end
if is_failure(outcome) then redis.call('SADD', key .. ':failed', first)
elseif is_failure(before) then redis.call('SREM', key .. ':failed', first) end
redis.call('HSET', key .. ':members', first, outcome .. ' ' .. (id or known))
return batch_over(prefix, batch)
