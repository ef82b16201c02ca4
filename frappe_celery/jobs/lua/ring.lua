-- Wake one process that serves a queue (its bell, which idle processes wait for), and the workers
-- whose pool has no processes of ours. `scripts.py` puts this before others, as the function `ring`.
-- prefix; key of the queue's list: one of a team's own has no bell
if string.sub(key, 1, #prefix) == prefix then
  local bell = prefix .. 'bell:' .. string.sub(key, #prefix + 1)
  if redis.call('LLEN', bell) == 0 then redis.call('LPUSH', bell, '1') end
end
redis.call('PUBLISH', prefix .. 'bell', key)
