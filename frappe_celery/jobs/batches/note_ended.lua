-- function (prefix, lines)
-- What others wait for has ended: they are told with the next that are promoted.
-- prefix; {id, first run} of each
for _, line in ipairs(lines) do
  redis.call('ZADD', prefix .. 'settling', redis.call('TIME')[1], line[2] .. '\n' .. line[1])
end
