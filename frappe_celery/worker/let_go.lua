-- A worker's process died with a run in its hands.
-- KEYS: its worker's in-flight hash
-- ARGV: prefix, tag, whether it may have begun ('1', else ''), how often a run may be given back ('' :
--       this time is not counted)
-- One that has not begun is first in its queue again. Returns any other run that
-- is to be settled before it is let go, else ''.
local prefix = ARGV[1]
local held = redis.call('HGET', KEYS[1], ARGV[2])
if not held then return '' end
local list, run = string.match(held, '^(.-)\n(.*)')
local record = prefix .. 'job:' .. run
local found = redis.call('HMGET', record, 'status', 'place', 'enqueued_at', 'holds')
if found[1] == 'started' then
  local most = tonumber(ARGV[4])
  if ARGV[3] == '1' or (most and redis.call('HINCRBY', record, 'given_back', 1) > most) then
    return run
  end
  unstart(prefix, run, found[2], found[3], found[4])
  redis.call('HSET', record, 'front', '1')
  put(prefix, list, {run}, true)
  ring(prefix, list)
end
redis.call('HDEL', KEYS[1], ARGV[2])
return ''
