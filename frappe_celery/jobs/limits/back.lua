-- A run that was to look has begun: its site's database is back, and all that was set aside goes on.
-- KEYS: outages, parkings
-- ARGV: site
-- Returns since when it was away, seconds since the epoch; nil: it was not.
local told = redis.call('HGET', KEYS[1], ARGV[1])
if not told then return nil end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 'XX', 0, 'away:' .. ARGV[1])
return string.format('%.6f', cjson.decode(told).since)
