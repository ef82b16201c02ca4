-- When the newest run of each of some indexes entered it, within a time.
-- ARGV: since, until, index …
-- Returns a time for each, '' where there is no run.
local found = {}
for i = 3, #ARGV do
  local newest =
    redis.call('ZREVRANGEBYSCORE', ARGV[i], ARGV[2], ARGV[1], 'WITHSCORES', 'LIMIT', 0, 1)
  found[#found + 1] = newest[2] or ''
end
return found
