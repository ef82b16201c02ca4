-- KEYS: the site's marks, the schedulers' lease.
-- ARGV: fence ('0' : none), then for each row: claim, entry. Returns false where the lease is
-- another's.
if ARGV[1] ~= '0' and redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
for i = 2, #ARGV, 2 do
  redis.call('DEL', ARGV[i])
  redis.call('HDEL', KEYS[1], ARGV[i + 1])
end
return 1
