-- function (prefix, run, id, place, keep)
-- The record of a run that has ended is kept for so long, and the list of its id as long as any in it.
-- prefix; run; its id; 'site|queue|status'; seconds (below 0: for ever)
if keep >= 0 then
  local time = redis.call('TIME')
  redis.call('EXPIRE', prefix .. 'job:' .. run, keep)
  redis.call('ZADD', prefix .. 'expiring', time[1] + 1 + keep, place .. '\n' .. run)
end
if string.sub(id, -#run) == run then return end  -- its id is its own, and listed nowhere
local ids = prefix .. 'id:' .. id
for _, other in ipairs(redis.call('ZRANGE', ids, 0, -1)) do
  local left = redis.call('TTL', prefix .. 'job:' .. other)  -- -1: for ever, -2: gone
  if left == -2 then redis.call('ZREM', ids, other) end
  if left == -1 or (keep >= 0 and left > keep) then keep = left end
end
if keep >= 0 then redis.call('EXPIRE', ids, keep) end
