-- A job of RQ's becomes a run: checked to be where and as it was read, taken out there, enqueued here.
-- KEYS: record, index of queued runs, queue's list, RQ's hash of the job, the list or the sorted set
--       of RQ's that has it
-- ARGV: as enqueue.lua's 9, then: RQ's id, digest of the hash, key of its results, and of one that
--       has failed as finish.lua's from the time on
-- `scripts.py` puts finish.lua and enqueue.lua before this, as functions.
-- Returns 'moved', 'gone' (RQ has it elsewhere now) or 'changed'.
local prefix, run, id = ARGV[1], ARGV[2], ARGV[10]
if redis.call('EXISTS', KEYS[1]) == 1 then return 'moved' end  -- our own retry

local waits = redis.call('TYPE', KEYS[5]).ok == 'list'
local there
if waits then there = redis.call('LPOS', KEYS[5], id) else there = redis.call('ZSCORE', KEYS[5], id) end
if not there then return 'gone' end
local flat, pairs_of_it = redis.call('HGETALL', KEYS[4]), {}
for i = 1, #flat, 2 do pairs_of_it[#pairs_of_it + 1] = flat[i] .. '\0' .. flat[i + 1] end
table.sort(pairs_of_it)
if redis.sha1hex(table.concat(pairs_of_it, '\0')) ~= ARGV[11] then return 'changed' end

if waits then redis.call('LREM', KEYS[5], 1, id) else redis.call('ZREM', KEYS[5], id) end
if not (waits and redis.call('LPOS', KEYS[5], id)) then  -- a job may stand there twice
  redis.call('DEL', KEYS[4], ARGV[12])
end
enqueue({KEYS[1], KEYS[2], KEYS[3]}, {unpack(ARGV, 1, 9)})
if ARGV[13] then finish({KEYS[1]}, {prefix, run, unpack(ARGV, 13)}) end
return 'moved'
