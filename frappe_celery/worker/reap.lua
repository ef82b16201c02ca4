-- A consumer is dead: what it had only fetched goes back first in its queue; the runs that it had
-- started are named, for the caller to fail. They stay held until then, and with them the consumer.
-- A consumer whose process lives lost its connection only: what it had started runs on.
-- KEYS: in-flight hash, consumers
-- ARGV: prefix, consumer ('process:number'), time before which a last sign of life means death
local function lives(name)
  local seen = name and redis.call('ZSCORE', KEYS[2], name)
  return seen and tonumber(seen) >= tonumber(ARGV[3])
end

if lives(ARGV[2]) then return {} end
local runs_on = lives(string.match(ARGV[2], '^(.*):'))
local started, left = {}, 0
local held = redis.call('HGETALL', KEYS[1])
for i = #held, 2, -2 do
  local list, token = string.match(held[i], '^(.-)\n(.*)')
  local whole = string.byte(token) == 123  -- '{': some other Celery task
  local status = not whole and redis.call('HGET', ARGV[1] .. 'job:' .. token, 'status')
  if status == 'started' then
    left = left + 1
    if not runs_on then started[#started + 1] = token end
  else
    if whole or status == 'queued' then
      put(ARGV[1], list, {token}, true)
      ring(ARGV[1], list)
    end
    redis.call('HDEL', KEYS[1], held[i - 1])
  end
end
if left == 0 then redis.call('ZREM', KEYS[2], ARGV[2]) end
return started
