-- A caller runs a run itself: only a queued one starts, so that none runs twice.
-- KEYS: record
-- ARGV: prefix, run, now, worker, what the names of lanes begin with
-- Returns 'claimed', or the status that forbids it ('' : no record). Limits and pauses keep nothing
-- back here.
local found = redis.call('HMGET', KEYS[1], 'status', 'place', 'started_at', 'worker', 'ended_at')
if found[1] == 'started' and found[3] == ARGV[3] and found[4] == ARGV[4] then
  return 'claimed'  -- our own retry
end
if found[1] ~= 'queued' then return found[1] or '' end
if spent(ARGV[1], ARGV[2], found[2], found[5]) then return 'ended' end
started(ARGV[1], ARGV[2], found[2], ARGV[3], ARGV[4], rules(ARGV[1], ARGV[5]))
rank(ARGV[1], found[2])
return 'claimed'
