-- function (prefix, lines)
-- What others wait for has ended: they are told with the next that are promoted, in this order.
-- prefix; {id, first run} of each
local time = redis.call('TIME')
for i, line in ipairs(lines) do
  redis.call('ZADD', prefix .. 'settling', time[1] + (time[2] + i) / 1e6, line[2] .. '\n' .. line[1])
end
