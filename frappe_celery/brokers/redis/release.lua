-- Give back what a consumer took and did not act on: first in its queue again.
-- KEYS: in-flight hash
-- ARGV: prefix, delivery tag
local held = redis.call('HGET', KEYS[1], ARGV[2])
if not held then return 0 end
local list, message = string.match(held, '^(.-)\n(.*)')
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('RPUSH', list, message)
ring(ARGV[1], list)
return 1
