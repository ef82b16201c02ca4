-- function (prefix, run, now, lines, ttl)
-- A run that was just recorded as deferred waits for others; if it need not, it enters its queue, and
-- if it must not run any more, it is canceled.
-- prefix; run; now; of each job that it depends on {first run, id, 1 if it may fail, else 0, newest
-- run, that one's status and why it was canceled}; for how many seconds it is kept if it is canceled
-- Returns what has ended with it if it is canceled, for `settle.lua`.
local cause
for _, line in ipairs(lines) do
  local first, id, may_fail, newest, status, why = unpack(line, 1, 6)
  local dependants = prefix .. 'dependants:' .. first
  if not is_over(status) then
    redis.call('ZADD', prefix .. 'awaits:' .. run, may_fail, first)
    redis.call('ZADD', dependants, now, run)
    redis.call('HSET', prefix .. 'job:' .. newest, 'needed', first)
  elseif status == 'finished' or may_fail == 1 then
    keep_for(prefix, first, id, newest, run)
  else
    cause = cause or why or cjson.encode({id, status})
    redis.call('ZADD', prefix .. 'awaits:' .. run, may_fail, first)
    note_canceled(prefix, first, run, now, ttl)
  end
end
if cause then
  local _, ended = cancel_deferred(prefix, run, now, cause)
  return ended
end
if redis.call('EXISTS', prefix .. 'awaits:' .. run) == 0 then
  enter(prefix, run, 'deferred', now)
end
