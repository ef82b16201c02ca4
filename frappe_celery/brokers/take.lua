-- A worker's process lets go of the run that it has ended and claims the next one: one step. One whose
-- jobs come from RabbitMQ learns which queues to look into instead, and claims by `claim.lua`.
-- KEYS: its worker's in-flight hash; not of RabbitMQ: consumers, then the queues' lists in the order of
--       emptying
-- ARGV: prefix, consumer, tag that the next one is held under ('' : none is wanted), now, worker,
--       tag of the one that ended ('' : none), that run if it succeeded ('' : it is recorded),
--       seconds to keep its record, field, value …
-- It can be asked again under the same tag after a lost answer. A consumer that was settled, dead or
-- cut off, gets nothing until its next sign of life: nobody would look for what it holds.
-- Returns false, 'settled', or {run, place, sealed message, whether it is to find out whether its site's
-- database is back (1; else nothing)}; of RabbitMQ {queue, how often something came into it, …}, the runs
-- that what ended and those that limits let go, and false or the run that it holds under the tag already.
local prefix, consumer, tag, now, worker = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local _, followed
if ARGV[7] ~= '' then
  _, followed = finish({prefix .. 'job:' .. ARGV[7]}, {prefix, ARGV[7], now, 'started', 'finished',
    ARGV[8], '0', 'result_ttl', '', unpack(ARGV, 9)})
end
if ARGV[6] ~= '' then redis.call('HDEL', KEYS[1], ARGV[6]) end

local held = redis.call('HGET', KEYS[1], tag)
if held then  -- our own retry
  local run = string.match(held, '\n(.*)')
  local found = redis.call('HMGET', prefix .. 'job:' .. run, 'place', 'message')
  held = {run, found[1] or '', found[2] or ''}
end
if KEYS[2] then
  if held or tag == '' then return held end
  if not redis.call('ZSCORE', KEYS[2], consumer) then return 'settled' end
end
local these = rules(prefix, KEYS[2] and 'line:' or '')
local released = these and these.release_due()
if not KEYS[2] then
  return {redis.call('HGETALL', prefix .. 'came'), followed or {}, released or {}, held}
end
local own_too = KEYS[3] and redis.call('EXISTS', unpack(KEYS, 3)) > 0
local unread
for i = 3, #KEYS do
  local list, run, found, served, more = pick(prefix, KEYS[i], these, own_too)
  if more then ring(prefix, KEYS[i]) end  -- whoever takes while more wait wakes the next
  unread = unread or more
  if list then
    redis.call('HSET', KEYS[1], tag, list .. '\n' .. run)
    started(prefix, run, found[2], now, worker, these)
    if served then
      rank(prefix, served, true)
      if served ~= found[2] then rank(prefix, found[2]) end
    end
    for j = i + 1, #KEYS do
      if redis.call('EXISTS', KEYS[j], prefix .. 'turns:' .. string.sub(KEYS[j], #prefix + 1)) > 0 then
        ring(prefix, KEYS[j])
      end
    end
    return {run, found[2], found[3] or '', these and these.looks(found[2]) and 1 or nil}
  end
end
for i = 3, unread and 2 or #KEYS do
  sure(prefix, 'LTRIM', prefix .. 'bell:' .. string.sub(KEYS[i], #prefix + 1), 1, 0)
end
return false
