-- function (prefix, batch)
-- Whether all jobs of a batch have ended, and all have finished: what waits for that may go.
-- prefix; batch
-- Returns what has come about now, for `settle.lua`.
local key, lines = prefix .. 'batch:' .. batch, {}
local found = redis.call('HMGET', key, 'status', 'going', 'failed', 'stopped', 'canceled', 'deleted')
local status = found[1]
if tonumber(found[2] or 0) > 0 or (status ~= 'going' and status ~= 'ended') then return lines end
if status == 'going' then
  redis.call('HSET', key, 'status', 'ended', 'ended_at', redis.call('TIME')[1])
  redis.call('ZADD', prefix .. 'batches:tending', 0, batch)
  end_line(prefix, batch, 'ended', lines)
end
local unfinished = 0
for i = 3, 6 do unfinished = unfinished + (found[i] or 0) end
if unfinished == 0 then end_line(prefix, batch, 'finished', lines) end
return lines
