-- ARGV: what begins the indexes' names, place … Returns of each in which something waits: place,
-- how much, and when the oldest was enqueued.
local found = {}
for i = 2, #ARGV do
  local index = ARGV[1] .. ARGV[i] .. '|queued'
  local oldest = redis.call('ZRANGE', index, 0, 0, 'WITHSCORES')
  if oldest[1] then
    found[#found + 1] = {ARGV[i], redis.call('ZCARD', index), oldest[2]}
  end
end
return found
