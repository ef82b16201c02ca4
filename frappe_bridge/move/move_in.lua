-- A job of RQ's becomes a run: checked to be where and as it was read, taken out there, enqueued here.
-- KEYS: index of queued runs, queue's list, record, RQ's hash of the job, the list or the sorted set
--       of RQ's that has it, RQ's stream of its results, then all lists of RQ's for this bench
-- ARGV: as enqueue.lua's 8 of one run, then: RQ's id, digest of the hash, '1' if it may stand in RQ's lists more
--       than once, and of one that has failed as finish.lua's from the time on
-- Returns 'moved', 'gone' (RQ has it elsewhere now) or 'changed'.
local prefix, run, id, place = ARGV[1], ARGV[5], ARGV[9], KEYS[5]
if redis.call('EXISTS', KEYS[3]) == 1 then return 'moved' end  -- our own retry

local failed = ARGV[12] ~= nil
if failed then
  if not redis.call('ZSCORE', place, id) then return 'gone' end
  if waits_in(KEYS, 7, id) then  -- enqueued again: it is no failed one any more
    redis.call('ZREM', place, id)
    return 'gone'
  end
end
local flat, pairs_of_it = redis.call('HGETALL', KEYS[4]), {}
for i = 1, #flat, 2 do pairs_of_it[#pairs_of_it + 1] = flat[i] .. '\0' .. flat[i + 1] end
table.sort(pairs_of_it)
local unchanged = redis.sha1hex(table.concat(pairs_of_it, '\0')) == ARGV[10]

if failed then
  if not unchanged then return 'changed' end
  redis.call('ZREM', place, id)
else
  local first, last = redis.call('LINDEX', place, 0), redis.call('LINDEX', place, -1)
  if first ~= id and last ~= id and not redis.call('LPOS', place, id) then return 'gone' end
  if not unchanged then return 'changed' end
  if first == id then redis.call('LPOP', place)
  elseif last == id then redis.call('RPOP', place)
  else redis.call('LREM', place, 1, id) end
end
if ARGV[11] ~= '1' or not waits_in(KEYS, 7, id) then
  redis.call('DEL', KEYS[4], KEYS[6])
  forget_ended(KEYS, 7, id)
end
enqueue({KEYS[1], KEYS[2]}, {unpack(ARGV, 1, 8)})
if failed then
  finish({KEYS[3]}, {prefix, run, unpack(ARGV, 12)})
  -- it failed in RQ: what ended here, and is alerted of, has none of it
  local ended = prefix .. 'ended:' .. math.floor(tonumber(ARGV[12]) / 60)
  local counted = redis.call('HGET', KEYS[3], 'place') .. '|failed'
  if redis.call('HINCRBY', ended, counted, -1) == 0 then redis.call('HDEL', ended, counted) end
else  -- whoever asks for the id means the one that waits
  local time = redis.call('TIME')
  redis.call('ZADD', prefix .. 'id:' .. ARGV[7], 'XX', time[1] + time[2] / 1e6, run)
end
return 'moved'
