-- KEYS: places. ARGV: prefix, since, most of each, status …
-- Returns the runs that entered one of the statuses.
local found = {}
for _, place in ipairs(sure(ARGV[1], 'SMEMBERS', KEYS[1])) do
  for i = 4, #ARGV do
    local index = ARGV[1] .. 'jobs:' .. place .. '|' .. ARGV[i]
    local runs = redis.call('ZRANGEBYSCORE', index, ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])
    for _, run in ipairs(runs) do
      found[#found + 1] = run
    end
  end
end
return found
