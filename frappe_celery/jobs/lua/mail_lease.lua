-- Keep or give up (0 milliseconds) the lease of the process that sends mail.
-- ARGV: prefix, token, milliseconds. Returns whether it was held.
local lease = ARGV[1] .. 'mail:lease'
if redis.call('GET', lease) ~= ARGV[2] then return 0 end
if ARGV[3] == '0' then return redis.call('DEL', lease) end
return redis.call('PEXPIRE', lease, ARGV[3])
