-- Wake one process that serves a queue (its bell, which idle processes wait for), and the workers
-- whose pool has no processes of ours. `scripts.py` puts wake.lua before this, and this before others,
-- as functions.
-- prefix; key of the queue's list: one of a team's own has no bell
if string.sub(key, 1, #prefix) == prefix then
  wake(prefix .. 'bell:' .. string.sub(key, #prefix + 1))
end
redis.call('PUBLISH', prefix .. 'bell', key)
