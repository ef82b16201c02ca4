-- A worker's process claims a run whose message it got from RabbitMQ, and wakes others where more may
-- wait.
-- KEYS: its worker's in-flight hash, consumers, record
-- ARGV: prefix, consumer, tag, now, worker, queue, run, queues in which more may wait …
-- It can be asked again under the same tag after a lost answer.
-- Returns {'claimed', sealed message, place, as `take.lua` whether it looks}; {'spent', why}: a limit or
-- a pause keeps it back, its record says that it is elsewhere, or has a status that forbids it ('' : no
-- record, or none that makes sense); or
-- {'settled', ''} for a consumer that others took for dead: nobody would look for what it holds.
local prefix, consumer, tag, now, worker = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local queue, run = prefix .. ARGV[6], ARGV[7]
for i = 8, #ARGV do wake(prefix, prefix .. 'confirmed:' .. ARGV[i]) end
local found = redis.pcall('HMGET', KEYS[3], 'status', 'place', 'message', 'ended_at')
if found.err or not string.find(found[2] or '', '|', 1, true) then return {'spent', ''} end
if redis.call('HGET', KEYS[1], tag) ~= queue .. '\n' .. run then  -- else our own retry
  if found[1] ~= 'queued' then return {'spent', found[1] or ''} end
  if string.match(found[2], '[^|]*$') ~= ARGV[6] then
    refuse(prefix, ARGV[6], run, 'its record is of another place')
    return {'spent', 'elsewhere'}
  end
  if spent(prefix, run, found[2], found[4]) then return {'spent', 'ended'} end
  if not redis.call('ZSCORE', KEYS[2], consumer) then return {'settled', ''} end
  local these = rules(prefix, '')
  if these and these.keeps_back(run, found[2]) then return {'spent', 'kept back'} end
  redis.call('HSET', KEYS[1], tag, queue .. '\n' .. run)
  started(prefix, run, found[2], now, worker, these)
  return {'claimed', found[3] or '', found[2], these and these.looks(found[2]) and 1 or nil}
end
return {'claimed', found[3] or '', found[2]}
