-- KEYS: mark, losses. ARGV: run id, now, when the server started, has an append-only file (0/1),
--       the last mark that the caller remembers and the first one of these data ('' : none), kept
-- Returns when these data were first marked.
local was = redis.call('HMGET', KEYS[1], 'run_id', 'at', 'since')
local at, known = tonumber(was[2] or ''), tonumber(ARGV[5])
redis.call('HSET', KEYS[1], 'run_id', ARGV[1], 'at', ARGV[2])
local emptied, again = not was[1] and known, was[1] and was[1] ~= ARGV[1]
local went_back = again and known and at < known
local took_over = again and tonumber(ARGV[3]) < at  -- it ran already: replication lags behind
if emptied or went_back or took_over or (again and ARGV[4] == '0') then
  local from = at or tonumber(ARGV[6])
  local to = tonumber(ARGV[3])
  if to <= from then to = tonumber(ARGV[2]) end
  local all = not was[1]
  local loss = {start = from, ['end'] = to, all = all, sure = all or went_back or false}
  redis.call('LPUSH', KEYS[2], cjson.encode(loss))
  redis.call('LTRIM', KEYS[2], 0, ARGV[7] - 1)
end
if not was[3] then redis.call('HSET', KEYS[1], 'since', ARGV[2]) end
return was[3] or ARGV[2]
