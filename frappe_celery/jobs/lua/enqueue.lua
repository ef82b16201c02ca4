-- Deduplicate, claim, write the record, index it, push it, wake the workers: all or nothing.
-- KEYS: record, ids, index of its first status, queue's list, claim
-- ARGV: prefix, run, place, now, front (0, 1, or more: the number waiting from which it is;
--       -1: into no queue),
--       deduplicate (0/1), has an id of its own (0/1), most that may wait (0: any number),
--       due ('' : none), queue, id, about, message, for how many seconds its record is kept once
--       it has finished or failed ('' : as configured), when it is to enter its queue ('' : now),
--       and the fence of the scheduler that claims ('' : it need not lead)
-- Returns 'enqueued', 'duplicate', 'claimed', 'deposed' or 'overloaded', and the run that stands in
-- the way.
local prefix, run, place, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local front, most, due, at = tonumber(ARGV[5]), tonumber(ARGV[8]), ARGV[9], ARGV[16]

if redis.call('EXISTS', KEYS[1]) == 1 then return {'enqueued', run} end  -- our own retry

if ARGV[17] ~= '' and redis.call('GET', prefix .. 'beat:lease') ~= ARGV[17] then
  return {'deposed', ''}
end
local acted = due ~= '' and redis.call('GET', KEYS[5])
if acted and tonumber(acted) >= tonumber(due) then return {'claimed', acted} end
local function act(outcome, by)  -- on every due time since the last one that was acted on
  if due == '' then return end
  redis.call('SET', KEYS[5], due)
  local entry = string.sub(KEYS[5], #prefix + #'due:' + 1)
  redis.call('LPUSH', prefix .. 'acted', cjson.encode(
    {entry = entry, after = acted or '', due = due, outcome = outcome, run = by}))
  redis.call('LTRIM', prefix .. 'acted', 0, 9999)
end
if ARGV[6] == '1' then
  local gone = {}
  for _, other in ipairs(redis.call('ZREVRANGE', KEYS[2], 0, -1)) do
    local status = redis.call('HGET', prefix .. 'job:' .. other, 'status')
    if status == 'queued' or status == 'started' or status == 'scheduled' then
      act('duplicate', other)
      return {'duplicate', other}
    end
    gone[#gone + 1] = other
  end
  for _, other in ipairs(gone) do
    local record = prefix .. 'job:' .. other
    local found = redis.call('HMGET', record, 'place', 'status')
    if found[1] then
      local ended = found[1] .. '|' .. found[2]
      redis.call('ZREM', prefix .. 'jobs:' .. ended, other)
      redis.call('ZREM', prefix .. 'expiring', ended .. '\n' .. other)
    end
    redis.call('DEL', record)
    redis.call('ZREM', KEYS[2], other)
  end
end
local waiting = 0
if at == '' and (most > 0 or front > 1) then waiting = redis.call('LLEN', KEYS[4]) end
if most > 0 and waiting >= most then return {'overloaded', tostring(waiting)} end

redis.call('HSET', KEYS[1], 'id', ARGV[11], 'place', place, 'about', ARGV[12],
  'message', ARGV[13], 'status', at == '' and 'queued' or 'scheduled', 'enqueued_at', now)
if ARGV[14] ~= '' then redis.call('HSET', KEYS[1], 'result_ttl', ARGV[14]) end
if ARGV[15] ~= '' then redis.call('HSET', KEYS[1], 'failure_ttl', ARGV[15]) end
if ARGV[7] == '1' then
  redis.call('ZADD', KEYS[2], now, run)
  redis.call('PERSIST', KEYS[2])
end
redis.call('ZADD', KEYS[3], now, run)
redis.call('SADD', prefix .. 'places', place)
act('enqueued', run)
if at ~= '' then
  redis.call('ZADD', prefix .. 'scheduled', at, run)
  if front == 1 then redis.call('HSET', KEYS[1], 'front', '1') end
  return {'enqueued', run}
end
if front == 1 or (front > 1 and waiting > front) then
  redis.call('RPUSH', KEYS[4], run)
elseif front >= 0 then
  redis.call('LPUSH', KEYS[4], run)
end
redis.call('PUBLISH', prefix .. 'bell', ARGV[10])
return {'enqueued', run}
