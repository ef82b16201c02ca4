-- A started run leaves its process at the end of an item, and waits again.
-- KEYS: its record, what its worker holds, the list that it waits in
-- ARGV: prefix, run, the tag under which it is held ('' : none), whether it goes first ('1', else '')
-- Returns false: it has been stopped, say, or this was done.
if redis.call('HDEL', KEYS[2], ARGV[3]) == 0 and ARGV[3] ~= '' then return false end  -- our own retry
local status, place, enqueued_at, holds =
  unpack(redis.call('HMGET', KEYS[1], 'status', 'place', 'enqueued_at', 'holds'))
if status ~= 'started' then return false end
unstart(ARGV[1], ARGV[2], place, enqueued_at, holds)
redis.call('HDEL', KEYS[1], 'front')
if ARGV[4] == '1' then redis.call('HSET', KEYS[1], 'front', '1') end
put(ARGV[1], KEYS[3], {ARGV[2]}, ARGV[4] == '1')
ring(ARGV[1], KEYS[3])
return 1
