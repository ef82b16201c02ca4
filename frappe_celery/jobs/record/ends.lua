-- function (KEYS, ARGV)
-- A run ends, once: what was already ended otherwise (stopped, abandoned) stays so.
-- KEYS: record
-- ARGV: prefix, run, now, status it must have ('' : any that has not ended), new status,
--       seconds to keep, most to keep (0: any number), field with its own seconds to keep
--       (below 0: for ever), kind of failure that is mailed ('' : none is), field, value …
-- Returns the new status, or the one that forbids it ('' : no record); and what others depend on that
-- has ended with it, {id, first run} of each for `settle.lua`.
local prefix, run, now, status = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local keep, most = tonumber(ARGV[6]), tonumber(ARGV[7])
local found = redis.call(
  'HMGET', KEYS[1], 'status', 'place', 'id', ARGV[8], 'holds', 'parked', 'needed', 'depends_on',
  'batch', 'following', 'unique')
local was, following = found[1], found[10]
if not was then return '', {} end
if is_over(was) or (ARGV[4] ~= '' and was ~= ARGV[4]) then return was, {} end

redis.call('HSET', KEYS[1], 'status', status, 'ended_at', now, unpack(ARGV, 10))
for i = 10, #ARGV, 2 do
  if ARGV[i] == 'following' then following = ARGV[i + 1] end
end
if (ARGV[9] or '') ~= '' then
  local about = cjson.decode(redis.call('HGET', KEYS[1], 'about'))
  local scheduled = string.find(about[2], 'run_scheduled_job', 1, true)
  local kind = (scheduled and about[3] or about[2]) .. '|' .. ARGV[9]
  local site = string.match(found[2], '[^|]*')
  if not pcall(function() failure({}, {prefix, kind, now, site, run}) end) then
    refuse(prefix, '', run, 'no mail of its failure: keys mail:… in Redis hold something else')
  end
end
keep = tonumber(found[4] or keep)
redis.call('ZREM', prefix .. 'jobs:' .. found[2] .. '|' .. was, run)
local minute = prefix .. 'ended:' .. math.floor(tonumber(now) / 60)
if not following and redis.call('HINCRBY', minute, found[2] .. '|' .. status, 1) == 1 then
  redis.call('EXPIRE', minute, 7200)  -- longer than `rates.py` looks back
end
if found[5] then free_slots(prefix, run, found[5]) end
if found[6] then redis.call('ZREM', prefix .. 'kept:' .. found[6], run) end
if was == 'queued' and not found[6] then withdraw(prefix, run, found[2]) end
if found[11] then unique_ended(prefix, run, found[11], found[8], status, following) end
rank(prefix, found[2])
if was == 'scheduled' then redis.call('ZREM', prefix .. 'scheduled', run) end

local lines, is_needed = {}, false
if found[7] or found[8] or found[9] then
  local canceled_by = ARGV[10] == 'canceled_by'
  lines, is_needed = job_ended(prefix, KEYS[1], run, status, keep, canceled_by, unpack(found, 3))
end
if following then
  become_attempt(prefix, run, following, true)
  return status, lines
end
if is_needed then
  redis.call('HSET', KEYS[1], 'keep', keep)
  keep = -1
end

local place, expiring = found[2] .. '|' .. status, prefix .. 'expiring'
local index = prefix .. 'jobs:' .. place
redis.call('ZADD', index, now, run)
retain(prefix, run, found[3], place, keep)

local surplus = most > 0 and redis.call('ZCARD', index) - most or 0
if surplus > 0 then
  local oldest = redis.call('ZPOPMIN', index, math.min(surplus, 200))
  for i = 1, #oldest, 2 do
    local record = prefix .. 'job:' .. oldest[i]
    local kept, first = unpack(redis.call('HMGET', record, 'keep', 'first_run'))
    if kept then  -- others need it
      redis.call('ZADD', index, oldest[i + 1], oldest[i])
    else
      redis.call('DEL', record)
      redis.call('ZREM', expiring, place .. '\n' .. oldest[i])
      if first then keep_attempts(prefix, first, 0) end
    end
  end
end
return status, lines
