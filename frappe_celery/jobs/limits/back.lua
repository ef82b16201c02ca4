-- A run that was to look has begun: its site's database is back, and all that was set aside goes on.
-- KEYS: outages, parkings
-- ARGV: prefix, site
-- Returns since when it was away, seconds since the epoch; nil: it was not.
local told = sure(ARGV[1], 'HGET', KEYS[1], ARGV[2])
told = told and object_in(ARGV[1], KEYS[1], ARGV[2], told, true, {'since'})
if not told then return nil end
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], 'XX', 0, 'away:' .. ARGV[2])
return string.format('%.6f', told.since)
