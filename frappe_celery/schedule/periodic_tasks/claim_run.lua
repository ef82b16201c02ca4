-- KEYS: the schedulers' lease, runs that are not written back yet. ARGV: fence, row's key, run.
-- Returns whether the lease is held under this fence.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
