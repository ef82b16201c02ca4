-- KEYS: the site's marks, the schedulers' lease.
-- ARGV: fence ('0' : none), then for each row: claim, entry, its last execution ('' : the row is gone).
-- Returns the entries that moved back; false where the lease is another's.
if ARGV[1] ~= '0' and redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
local back = {}
for i = 2, #ARGV, 3 do
  local claim, entry, last = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if last == '' then
    redis.call('DEL', claim)
    redis.call('HDEL', KEYS[1], entry)
  else
    local seen = redis.call('HGET', KEYS[1], entry)
    if seen and tonumber(last) < tonumber(seen) then
      redis.call('DEL', claim)
      back[#back + 1] = entry
    end
    redis.call('HSET', KEYS[1], entry, last)
  end
end
return back
