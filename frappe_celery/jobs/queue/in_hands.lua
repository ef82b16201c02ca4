-- function (prefix, consumers)
-- What workers have in their hands: runs, and whole messages of other Celery tasks.
-- prefix; consumers, the key of those that are alive
-- Returns by token the list that it came from.
local found = {}
for _, consumer in ipairs(redis.call('ZRANGE', consumers, 0, -1)) do
  for _, value in ipairs(redis.call('HVALS', prefix .. 'inflight:' .. consumer)) do
    local split = string.find(value, '\n', 1, true)
    found[string.sub(value, split + 1)] = string.sub(value, 1, split - 1)
  end
end
return found
