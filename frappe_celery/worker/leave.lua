-- A worker ends: what its runners had started stays held, so that the reaper fails it should its
-- process die.
-- KEYS: in-flight hash, consumers
-- ARGV: prefix, consumer
-- Returns how many it still holds.
local left = 0
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  local run = string.match(held[i + 1], '\n(.*)')
  if redis.call('HGET', ARGV[1] .. 'job:' .. run, 'status') == 'started' then
    left = left + 1
  else
    redis.call('HDEL', KEYS[1], held[i])
  end
end
if left == 0 then redis.call('ZREM', KEYS[2], ARGV[2]) end
return left
