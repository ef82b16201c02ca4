-- function (prefix, run, holds)
-- A run frees the slots that it held; whoever waits for one of them is looked at with the next fetch.
-- prefix; run; what its record has as `holds`
for counter in string.gmatch(holds, '[^\n]+') do
  redis.call('SREM', prefix .. 'holds:' .. counter, run)
  redis.call('ZADD', prefix .. 'parkings', 'XX', 0, counter)
end
redis.call('HDEL', prefix .. 'job:' .. run, 'holds')
