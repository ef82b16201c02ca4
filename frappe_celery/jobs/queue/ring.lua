-- function (prefix, key)
-- Wake who takes what lies in a list: one process that serves the queue (its bell, which idle
-- processes wait for), or, of whole messages of other Celery tasks, the workers' parents.
-- prefix; key of the queue's list, of a site's lane in it, of its whole messages or of a team's queue
local lane, whole = prefix .. 'line:', prefix .. 'whole:'
if string.sub(key, 1, #lane) == lane then key = prefix .. string.match(key, '|([^|]*)$') end
if string.sub(key, 1, #prefix) == prefix and string.sub(key, 1, #whole) ~= whole then
  wake(prefix, prefix .. 'bell:' .. string.sub(key, #prefix + 1))
else
  redis.call('PUBLISH', prefix .. 'bell:whole', key)
end
