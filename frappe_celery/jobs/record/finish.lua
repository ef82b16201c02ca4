-- function (KEYS, ARGV)
-- A run ends, once: what was already ended otherwise (stopped, abandoned) stays so.
-- KEYS: record
-- ARGV: prefix, run, now, status it must have ('' : any that has not ended), new status,
--       seconds to keep, most to keep (0: any number), field with its own seconds to keep
--       (below 0: for ever), kind of failure that is mailed ('' : none is), field, value …
-- Returns the new status, or the one that forbids it ('' : no record).
local prefix, run, now, status = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local keep, most = tonumber(ARGV[6]), tonumber(ARGV[7])
local found = redis.call(
  'HMGET', KEYS[1], 'status', 'place', 'id', ARGV[8], 'holds', 'parked')
local was = found[1]
if not was then return '' end
local ended = was ~= 'queued' and was ~= 'started' and was ~= 'scheduled' and was ~= 'deferred'
if ended or (ARGV[4] ~= '' and was ~= ARGV[4]) then return was end

redis.call('HSET', KEYS[1], 'status', status, 'ended_at', now, unpack(ARGV, 10))
if (ARGV[9] or '') ~= '' then
  local about = cjson.decode(redis.call('HGET', KEYS[1], 'about'))
  local scheduled = string.find(about[2], 'run_scheduled_job', 1, true)
  local kind = (scheduled and about[3] or about[2]) .. '|' .. ARGV[9]
  failure({}, {prefix, kind, now, string.match(found[2], '[^|]*'), run})
end
keep = tonumber(found[4] or keep)
redis.call('ZREM', prefix .. 'jobs:' .. found[2] .. '|' .. was, run)
local minute = prefix .. 'ended:' .. math.floor(tonumber(now) / 60)
if redis.call('HINCRBY', minute, found[2] .. '|' .. status, 1) == 1 then
  redis.call('EXPIRE', minute, 7200)  -- longer than `rates.py` looks back
end
if found[5] then free_slots(prefix, run, found[5]) end
if found[6] then redis.call('ZREM', prefix .. 'kept:' .. found[6], run) end
if was == 'queued' and not found[6] then withdraw(prefix, run, found[2]) end
rank(prefix, found[2])
if was == 'scheduled' then redis.call('ZREM', prefix .. 'scheduled', run) end

local place, expiring = found[2] .. '|' .. status, prefix .. 'expiring'
local index = prefix .. 'jobs:' .. place
redis.call('ZADD', index, now, run)
if keep >= 0 then
  local time = redis.call('TIME')
  redis.call('EXPIRE', KEYS[1], keep)
  redis.call('ZADD', expiring, time[1] + 1 + keep, place .. '\n' .. run)
end

if string.sub(found[3], -#run) ~= run then  -- else its id is its own, and listed nowhere
  local ids = prefix .. 'id:' .. found[3]
  for _, other in ipairs(redis.call('ZRANGE', ids, 0, -1)) do
    local left = redis.call('TTL', prefix .. 'job:' .. other)  -- -1: for ever, -2: gone
    if left == -2 then redis.call('ZREM', ids, other) end
    if left == -1 or (keep >= 0 and left > keep) then keep = left end
  end
  if keep >= 0 then redis.call('EXPIRE', ids, keep) end
end

if most > 0 then
  local surplus = redis.call('ZCARD', index) - most
  if surplus > 0 then
    for _, oldest in ipairs(redis.call('ZRANGE', index, 0, surplus - 1)) do
      redis.call('DEL', prefix .. 'job:' .. oldest)
      redis.call('ZREM', expiring, place .. '\n' .. oldest)
    end
    redis.call('ZREMRANGEBYRANK', index, 0, surplus - 1)
  end
end
return status
