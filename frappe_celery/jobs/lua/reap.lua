-- A consumer is dead: what it had only fetched goes back first in its queue; the runs that it had
-- started are named, for the caller to fail.
-- KEYS: in-flight hash, consumers
-- ARGV: prefix, consumer, time before which its last sign of life counts as death
local seen = redis.call('ZSCORE', KEYS[2], ARGV[2])
if seen and tonumber(seen) >= tonumber(ARGV[3]) then return {} end
local started = {}
local held = redis.call('HVALS', KEYS[1])
for i = #held, 1, -1 do
  local split = string.find(held[i], '\n', 1, true)
  local queue, token = string.sub(held[i], 1, split - 1), string.sub(held[i], split + 1)
  if string.byte(token) == 123 then
    redis.call('RPUSH', queue, token)
  else
    local status = redis.call('HGET', ARGV[1] .. 'job:' .. token, 'status')
    if status == 'queued' then
      redis.call('RPUSH', queue, token)
    elseif status == 'started' then
      started[#started + 1] = token
    end
  end
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
return started
