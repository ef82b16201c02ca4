-- A worker's process claims a run whose message it got from RabbitMQ, and wakes others where more may
-- wait.
-- KEYS: its worker's in-flight hash, consumers
-- ARGV: prefix, consumer, tag, now, worker, queue, run, queues in which more may wait …
-- It can be asked again under the same tag after a lost answer.
-- Returns {'claimed', what `take.lua` returns of a run …}, {'spent', as `may_begin.lua` why it must not
-- begin} or {'settled'} for a consumer that others took for dead: nobody would look for what it holds.
local prefix, tag, queue, run = ARGV[1], ARGV[3], ARGV[6], ARGV[7]
local holds, found, these = prefix .. queue .. '\n' .. run
for i = 8, #ARGV do wake(prefix, prefix .. 'confirmed:' .. ARGV[i]) end
if redis.call('HGET', KEYS[1], tag) == holds then  -- our own retry
  found = redis.call('HMGET', prefix .. 'job:' .. run, 'status', 'place', 'message')
elseif not redis.call('ZSCORE', KEYS[2], ARGV[2]) then return {'settled'}
else
  local status
  these = rules(prefix, '')
  status, found = may_begin(prefix, '|' .. queue, run, these)
  if status ~= 'queued' then return {'spent', status} end
  redis.call('HSET', KEYS[1], tag, holds)
  started(prefix, run, found[2], ARGV[4], ARGV[5], these)
end
return {'claimed', run, found[2] or '', found[3] or '', these and these.looks(found[2]) and 1 or nil}
