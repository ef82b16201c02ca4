-- Take the runs whose records have expired out of the indexes, and of some those that others follow:
-- workers of older versions leave these there.
-- KEYS: expiring
-- ARGV: prefix, most of them at once, some runs …
-- Returns how many have expired, and whether such a worker lives (1); 0: none, and not all runs were
-- looked at since; 2: they were.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, name in ipairs(gone) do
  local split = string.find(name, '\n', 1, true)
  redis.call('ZREM', ARGV[1] .. 'jobs:' .. string.sub(name, 1, split - 1), string.sub(name, split + 1))
end
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
for i = 3, #ARGV do
  local following = redis.call('HGET', ARGV[1] .. 'job:' .. ARGV[i], 'following')
  if following then become_attempt(ARGV[1], ARGV[i], following, true) end
end
local swept, left = ARGV[1] .. 'swept', 0
for _, name in ipairs(redis.call('ZRANGE', ARGV[1] .. 'workers', 0, -1)) do
  local lives, keeps = unpack(redis.call('HMGET', ARGV[1] .. 'worker:' .. name, 'pid', 'keeps_attempts'))
  if lives and not keeps then left = 1 end
end
if left == 1 then redis.call('DEL', swept) else left = 2 * redis.call('EXISTS', swept) end
return {#gone, left}
