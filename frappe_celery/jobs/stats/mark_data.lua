-- KEYS: mark, losses. ARGV: the last mark that the caller remembers and the first one of these data
--       ('' : none), kept
-- Returns when they were marked now, and when first, and JSON of a loss that is told now ('' : none). What the server says of itself is asked here:
-- what somebody asked earlier, another one's mark may have overtaken.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local server = redis.call('INFO', 'server')
local run_id = server:match('run_id:(%x+)')
-- the latest moment at which it can have started: it counts the turns of whole seconds, and 50 ms
-- old says 1 where a second began in between. An earlier one would make it another that took over
local started = math.min(now, time[1] - server:match('uptime_in_seconds:(%d+)') + 1)
local appends = redis.call('INFO', 'persistence'):find('aof_enabled:1', 1, true)
local was = redis.call('HMGET', KEYS[1], 'run_id', 'at', 'since')
local at, known = tonumber(was[2] or ''), tonumber(ARGV[1])
local told = ''
local mark = string.format('%.6f', now)
redis.call('HSET', KEYS[1], 'run_id', run_id, 'at', mark)
local emptied, again = not was[1] and known, was[1] and was[1] ~= run_id
local went_back = again and known and at < known
local took_over = again and started < at  -- it ran already: replication lags behind
if emptied or went_back or took_over or (again and not appends) then
  local from = at or tonumber(ARGV[2])
  local to = started
  if to <= from then to = now end
  local all = not was[1]
  local loss = {start = from, ['end'] = to, all = all, sure = all or went_back or false}
  told = cjson.encode(loss)
  redis.call('LPUSH', KEYS[2], told)
  redis.call('LTRIM', KEYS[2], 0, ARGV[3] - 1)
end
if not was[3] then redis.call('HSET', KEYS[1], 'since', mark) end
return {mark, was[3] or mark, told}
