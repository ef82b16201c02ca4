-- A worker's process whose jobs come from RabbitMQ records the run that it has ended, lets go of it and
-- of what waited for its slot, and learns which queues to look into.
-- KEYS: its worker's in-flight hash
-- ARGV: prefix, tag that it will hold the next one under, now, tag of the one that ended ('' : none),
--       that run if it succeeded ('' : it is recorded), seconds to keep its record, field, value …
-- Returns {the run that it holds under the tag already (the answer to its claim was lost) or '', its
-- place and its sealed message or '', {the runs that limits or what ended let go}, {queue, how often
-- something came into it, …}}.
local prefix = ARGV[1]
local gone = {}
if ARGV[5] ~= '' then
  local _, went = finish({prefix .. 'job:' .. ARGV[5]}, {prefix, ARGV[5], ARGV[3], 'started',
    'finished', ARGV[6], '0', 'result_ttl', '', unpack(ARGV, 7)})
  for _, run in ipairs(went or {}) do gone[#gone + 1] = run end
end
if ARGV[4] ~= '' then
  redis.call('HDEL', KEYS[1], ARGV[4])
  local these = rules(prefix, '')
  for _, run in ipairs(these and these.release_due() or {}) do gone[#gone + 1] = run end
end
local held = string.match(redis.call('HGET', KEYS[1], ARGV[2]) or '', '\n(.*)')
local found = held and redis.call('HMGET', prefix .. 'job:' .. held, 'place', 'message') or {}
return {held or '', found[1] or '', found[2] or '', gone, redis.call('HGETALL', prefix .. 'came')}
