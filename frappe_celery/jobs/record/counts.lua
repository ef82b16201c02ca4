-- How many runs of some places entered each of some statuses within a time.
-- ARGV: prefix, since, until, number of statuses, status …, place …
-- Returns a number for each status.
local found, statuses = {}, tonumber(ARGV[4])
for i = 1, statuses do
  found[i] = 0
  for place = 5 + statuses, #ARGV do
    local index = ARGV[1] .. 'jobs:' .. ARGV[place] .. '|' .. ARGV[4 + i]
    found[i] = found[i] + redis.call('ZCOUNT', index, ARGV[2], ARGV[3])
  end
end
return found
