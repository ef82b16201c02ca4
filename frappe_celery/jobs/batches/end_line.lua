-- function (prefix, batch, line, lines, reason)
-- What waits for a line of a batch may go, or (for a reason) is canceled, unless it has been told before.
-- prefix; batch; line; reason
-- Adds the line to those that `settle.lua` takes.
local record, about = prefix .. 'job:' .. batch .. '/' .. line, 'batch ' .. batch
if redis.call('HGET', record, 'status') ~= 'started' then return end
redis.call('HSET', record, 'status', reason and 'canceled' or 'finished')
if reason then redis.call('HSET', record, 'canceled_by', cjson.encode({about, 'canceled', reason})) end
lines[#lines + 1] = {about, batch .. '/' .. line}
