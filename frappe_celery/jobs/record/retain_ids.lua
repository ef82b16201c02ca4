-- function (prefix, id, keep)
-- The list of an id is kept as long as any record in it.
-- prefix; id; for how many seconds at least (below 0: for ever)
local ids = prefix .. 'id:' .. id
for _, other in ipairs(redis.call('ZRANGE', ids, 0, -1)) do
  local left = redis.call('TTL', prefix .. 'job:' .. other)  -- -1: for ever, -2: gone
  if left == -2 then redis.call('ZREM', ids, other) end
  if left == -1 or (keep >= 0 and left > keep) then keep = left end
end
if keep >= 0 then redis.call('EXPIRE', ids, keep) end
