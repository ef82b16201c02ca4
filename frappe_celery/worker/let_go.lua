-- A worker lets go of what it took and did not end: it is dead, leaves, or was cut off; its process died
-- with a run in its hands; or it did not act on a whole message.
-- KEYS: its in-flight hash, consumers
-- ARGV: prefix, consumer ('process:number'), time before which a last sign of life means death ('inf' :
--       whether it lives or not), whether runs may have begun ('1', else ''), how often one that has not
--       may be given back ('' : this time is not counted), tags … (none: all that it holds, and the name)
-- What has not begun is first in its queue again. Returns the other runs, for the caller to settle: they
-- stay held until then, and with them the consumer. Of one whose process lives, which lost its connection
-- only, what had begun runs on.
local prefix, begun, most, tags = ARGV[1], ARGV[4] == '1', tonumber(ARGV[5]), {unpack(ARGV, 6)}
local function lives(name)
  local seen = name and redis.call('ZSCORE', KEYS[2], name)
  return seen and tonumber(seen) >= tonumber(ARGV[3])
end

if ARGV[3] ~= 'inf' then follow_server(KEYS[2]) end
if lives(ARGV[2]) then return {} end
local runs_on = lives(string.match(ARGV[2], '^(.*):'))
if not tags[1] then tags = redis.call('HKEYS', KEYS[1]) end
local left = {}
for i = #tags, 1, -1 do
  local list, token = string.match(redis.call('HGET', KEYS[1], tags[i]) or '', '^(.-)\n(.*)')
  local record, whole = prefix .. 'job:' .. (token or ''), string.byte(token or '') == 123  -- '{': a Celery task
  local found = whole and {} or redis.call('HMGET', record, 'status', 'place', 'enqueued_at', 'holds')
  local started = found[1] == 'started'
  if started and (begun or most and redis.call('HINCRBY', record, 'given_back', 1) > most) then
    left[#left + 1] = token
  else
    if started then
      unstart(prefix, token, found[2], found[3], found[4])
      redis.call('HSET', record, 'front', '1')
    end
    if whole or started then give_back(prefix, list, token) end
    redis.call('HDEL', KEYS[1], tags[i])
  end
end
if not ARGV[6] and not left[1] then redis.call('ZREM', KEYS[2], ARGV[2]) end
return runs_on and {} or left
