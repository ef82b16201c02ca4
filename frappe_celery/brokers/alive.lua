-- Signs of life, by the server's own clock.
-- KEYS: consumers
-- ARGV: names of consumers and processes
follow_server(KEYS[1])
local time = redis.call('TIME')
for _, name in ipairs(ARGV) do redis.call('ZADD', KEYS[1], time[1] + time[2] / 1e6, name) end
return #ARGV
