-- A consumer is dead: what it had only fetched goes back first in its queue; the runs that it had
-- started are named, for the caller to fail. They stay held until then, and with them the consumer.
-- KEYS: in-flight hash, consumers
-- ARGV: prefix, consumer, time before which its last sign of life counts as death
local seen = redis.call('ZSCORE', KEYS[2], ARGV[2])
if seen and tonumber(seen) >= tonumber(ARGV[3]) then return {} end
local started = {}
local held = redis.call('HGETALL', KEYS[1])
for i = #held, 2, -2 do
  local split = string.find(held[i], '\n', 1, true)
  local queue, token = string.sub(held[i], 1, split - 1), string.sub(held[i], split + 1)
  local whole = string.byte(token) == 123  -- '{': some other Celery task
  local status = not whole and redis.call('HGET', ARGV[1] .. 'job:' .. token, 'status')
  if status == 'started' then
    started[#started + 1] = token
  else
    if whole or status == 'queued' then redis.call('RPUSH', queue, token) end
    redis.call('HDEL', KEYS[1], held[i - 1])
  end
end
if #started == 0 then redis.call('ZREM', KEYS[2], ARGV[2]) end
return started
