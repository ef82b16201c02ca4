-- Wake one process that serves a queue (its bell, which idle processes wait for), and the workers
-- whose pool has no processes of ours.
-- prefix; key of the queue's list, or of a site's line in it: a team's own queue has no bell
local line = prefix .. 'line:'
if string.sub(key, 1, #line) == line then key = prefix .. string.match(key, '|([^|]*)$') end
if string.sub(key, 1, #prefix) == prefix then
  wake(prefix .. 'bell:' .. string.sub(key, #prefix + 1))
end
redis.call('PUBLISH', prefix .. 'bell', key)
