-- KEYS: lease. ARGV: fence, milliseconds. Returns whether it is still held under this fence.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
