-- Keep or give up (0 milliseconds) a lease.
-- KEYS: lease, what goes when it is given up … ARGV: token, milliseconds. Returns whether it was held.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', unpack(KEYS)) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
