-- A process claims a run: only a queued one starts, so that none runs twice.
-- KEYS: record
-- ARGV: prefix, run, now, worker, delivery tag ('consumer:number') that it came with ('' : none),
--       what begins the names of lines
-- Returns 'claimed', or the status that forbids it ('' : no record); 'parked' where a limit or a pause
-- keeps it back, which does not hold for what a caller runs itself; 'queued' where its consumer was
-- settled, so that others will get it: a run that nobody holds would be missed by nobody.
local found = redis.call('HMGET', KEYS[1], 'status', 'place', 'started_at', 'worker', 'ended_at')
if found[1] == 'started' and found[3] == ARGV[3] and found[4] == ARGV[4] then
  return 'claimed'  -- our own retry
end
if found[1] ~= 'queued' then return found[1] or '' end
if spent(ARGV[1], ARGV[2], string.match(found[2], '|(.*)') or '', found[5]) then return 'ended' end
local consumer = string.match(ARGV[5] or '', '^(.*):')
if consumer and redis.call('HEXISTS', ARGV[1] .. 'inflight:' .. consumer, ARGV[5]) == 0 then
  return 'queued'
end
local these = rules(ARGV[1], ARGV[6])
if these and consumer and these.keeps_back(ARGV[2], found[2]) then
  redis.call('HDEL', ARGV[1] .. 'inflight:' .. consumer, ARGV[5])
  return 'parked'
end
started(ARGV[1], ARGV[2], found[2], ARGV[3], ARGV[4], these)
rank(ARGV[1], found[2])
return 'claimed'
