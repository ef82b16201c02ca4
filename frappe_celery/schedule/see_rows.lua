-- KEYS: the site's marks, the schedulers' lease.
-- ARGV: fence ('0' : none), then for each row: claim, entry, its last execution.
-- Returns the entries that moved back; false where the lease is another's.
if ARGV[1] ~= '0' and redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
local back = {}
for i = 2, #ARGV, 3 do
  local seen = redis.call('HGET', KEYS[1], ARGV[i + 1])
  if seen and tonumber(ARGV[i + 2]) < tonumber(seen) then
    redis.call('DEL', ARGV[i])
    back[#back + 1] = ARGV[i + 1]
  end
  redis.call('HSET', KEYS[1], ARGV[i + 1], ARGV[i + 2])
end
return back
