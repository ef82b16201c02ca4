-- Whether a run that an id can mean waits, for a worker or for its time, or runs. In one step: the
-- next run of one that is repeated is there before that has ended.
-- KEYS: ids
-- ARGV: prefix, the run whose own id it may be, status that counts, more of these …
-- Returns 1 or 0.
local counts = {}
for i = 3, #ARGV do counts[ARGV[i]] = true end
local runs = redis.call('ZREVRANGE', KEYS[1], 0, -1)
local asked = string.sub(KEYS[1], #ARGV[1] + #'id:' + 1)
if is_own_id(ARGV[1], ARGV[2], asked) then runs[#runs + 1] = ARGV[2] end
for _, run in ipairs(runs) do
  if counts[redis.call('HGET', ARGV[1] .. 'job:' .. run, 'status')] then return 1 end
end
return 0
