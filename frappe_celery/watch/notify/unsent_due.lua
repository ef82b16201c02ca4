-- How much there is to tell now. A kind of failures of which nothing more came until its next mail
-- was due is forgotten.
-- KEYS: the unsent, retry, kinds that are due (mail's). ARGV: what begins the kinds' names, now
if tonumber(redis.call('HGET', KEYS[2], 'until') or 0) > tonumber(ARGV[2]) then return 0 end
local found = redis.call('LLEN', KEYS[1])
for _, kind in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[2])) do
  local is_there = redis.call('EXISTS', ARGV[1] .. kind)
  if is_there == 0 then redis.call('ZREM', KEYS[3], kind) end
  found = found + is_there
end
return found
