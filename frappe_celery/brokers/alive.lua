-- Signs of life, by the server's own clock.
-- KEYS: consumers
-- ARGV: names of consumers and processes
local time = redis.call('TIME')
local prefix = string.match(KEYS[1], '^(.*)consumers$')
for _, name in ipairs(ARGV) do sure(prefix, 'ZADD', KEYS[1], time[1] + time[2] / 1e6, name) end
return #ARGV
