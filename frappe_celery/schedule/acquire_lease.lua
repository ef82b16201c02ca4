-- KEYS: lease, fence, leader. ARGV: name, milliseconds. Returns the fence (0: held) and the leader.
local leader = redis.call('GET', KEYS[3]) or ''
if redis.call('EXISTS', KEYS[1]) == 1 then return {0, leader} end
local fence = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], fence, 'PX', ARGV[2])
redis.call('SET', KEYS[3], ARGV[1])
return {fence, leader}
