-- What keeps a waiting run back, or of its queue (no run) all that is in its lines.
-- ARGV: prefix, what the names of lanes begin with, run, its queue
-- Returns false, else its counter ('commit:…' : a transaction) and JSON of what holds for that:
-- running, per_minute, paused (-1: until told); nothing of them: it is about to be let go.
local these = rules(ARGV[1], ARGV[2])
local counter = redis.call('HGET', ARGV[1] .. 'job:' .. ARGV[3], 'parked')
if these and not counter and ARGV[2] ~= '' and these.queue_waits(ARGV[4]) then
  counter = 'queue:' .. ARGV[4]
end
if not counter then return false end
local rule = these and these.rule(counter) or {}
if rule.paused == math.huge then rule.paused = -1 end
return {counter, cjson.encode(rule)}
