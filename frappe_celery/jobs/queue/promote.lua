-- Hand the scheduled runs whose time has come to their queues, the earliest first (not one `after` a
-- run that a process still has: that is looked at again in a quarter of a second), those that wait for
-- jobs that have ended, and those that have waited for the end of a transaction long enough; and wake a
-- process for each queue in which something waits: the one that was woken for it may have died, or a
-- pause has ended.
-- KEYS: scheduled
-- ARGV: prefix, most of them at once, 'line:' where runs wait in lanes of their sites ('' : not),
--       the queues with such lines …
-- Returns for how many seconds there is nothing more to do ('' : nothing is scheduled), then the runs
-- that limits let go, that have waited so or, where there are no such lines, whose time has come.
local prefix = ARGV[1]
local time = redis.call('TIME')
local now, gone, there = time[1] + time[2] / 1e6, {}, nil
for _, run in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local record = prefix .. 'job:' .. run
  local found = redis.call('HMGET', record, 'status', 'place', 'after')
  if found[3] then there = there or in_hands(prefix, prefix .. 'consumers') end
  if found[1] == 'scheduled' and found[3] and there[found[3]] then
    redis.call('ZADD', KEYS[1], now + 0.25, run)
  else
    if found[1] == 'scheduled' then  -- else canceled or deleted
      local lined = ARGV[3] ~= ''
      local list = prefix .. (lined and ARGV[3] .. found[2] or string.match(found[2], '|(.*)'))
      if enter(prefix, run, 'scheduled', now, list) and not lined then gone[#gone + 1] = run end
    end
    redis.call('ZREM', KEYS[1], run)
  end
end
for i = 4, #ARGV do
  if redis.call('EXISTS', prefix .. ARGV[i], prefix .. 'turns:' .. ARGV[i]) > 0 then
    ring(prefix, prefix .. ARGV[i])
  end
end
local these = rules(prefix, ARGV[3])
for _, run in ipairs(these and these.release_due() or {}) do gone[#gone + 1] = run end
local open = prefix .. 'commit:open'
for _, transaction in ipairs(redis.call('ZRANGEBYSCORE', open, '-inf', now, 'LIMIT', 0, 1)) do
  for _, run in ipairs(hand_out({}, {prefix, ARGV[3], transaction, ARGV[2], now})) do
    gone[#gone + 1] = run
  end
end
local settling, lines = prefix .. 'settling', {}
for _, noted in ipairs(redis.call('ZRANGE', settling, 0, 99)) do
  local first, id = string.match(noted, '^([^\n]*)\n(.*)$')
  lines[#lines + 1] = {id, first}
  redis.call('ZREM', settling, noted)
end
for _, run in ipairs(settle(prefix, now, lines)) do gone[#gone + 1] = run end
if gone[1] or lines[1] then return {'0.05', unpack(gone)} end  -- and perhaps more of them
local next
for _, waiting in ipairs({KEYS[1], open}) do
  local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
  if first then next = math.min(next or math.huge, tonumber(first)) end
end
return {next and tostring(math.max(0, next - now)) or ''}
