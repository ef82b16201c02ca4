-- function (consumers)
-- Another server has the data now: restarted, or made the master of a fail-over, perhaps seconds behind.
-- Then all whom it knows count as having just given a sign of life: they have to connect to it first.
local said = redis.pcall('INFO', 'server')  -- not every server lets everybody ask
local id = type(said) == 'string' and string.match(said, 'run_id:(%w+)')
if id and redis.call('GET', consumers .. ':server') ~= id then
  redis.call('SET', consumers .. ':server', id)
  local time = redis.call('TIME')
  for _, name in ipairs(redis.call('ZRANGE', consumers, 0, -1)) do
    redis.call('ZADD', consumers, time[1] + time[2] / 1e6, name)
  end
end
