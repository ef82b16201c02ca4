-- Give back what a consumer took and did not act on: first in its queue again.
-- KEYS: in-flight hash
-- ARGV: delivery tag
local held = redis.call('HGET', KEYS[1], ARGV[1])
if not held then return 0 end
local split = string.find(held, '\n', 1, true)
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('RPUSH', string.sub(held, 1, split - 1), string.sub(held, split + 1))
return 1
