-- A worker lets go of what it took and did not end: its process died with a run in its hands, or it did
-- not act on a whole message.
-- KEYS: its in-flight hash
-- ARGV: prefix, tag, whether a run may have begun ('1', else ''), how often one may be given back ('' :
--       this time is not counted)
-- What has not begun is first in its queue again. Returns any other run that
-- is to be settled before it is let go, else ''.
local prefix = ARGV[1]
local list, token = string.match(redis.call('HGET', KEYS[1], ARGV[2]) or '', '^(.-)\n(.*)')
local record, whole = prefix .. 'job:' .. (token or ''), string.byte(token or '') == 123  -- '{': a Celery task
local found = whole and {} or redis.call('HMGET', record, 'status', 'place', 'enqueued_at', 'holds')
if found[1] == 'started' then
  local most = tonumber(ARGV[4])
  if ARGV[3] == '1' or (most and redis.call('HINCRBY', record, 'given_back', 1) > most) then
    return token
  end
  unstart(prefix, token, found[2], found[3], found[4])
  redis.call('HSET', record, 'front', '1')
end
if whole or found[1] == 'started' then give_back(prefix, list, token) end
redis.call('HDEL', KEYS[1], ARGV[2])
return ''
