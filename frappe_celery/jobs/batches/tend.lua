-- Look at a batch, some of its jobs in each step: whose maker died is canceled; jobs that ended
-- unnoticed are counted; when all have ended, and its callbacks, their records expire as others do;
-- a day later it is forgotten, unless failed ones are still kept.
-- ARGV: prefix, batch, cursor ('0' : begin)
-- Returns the next cursor ('0' : through; it is noted when to look again), and what it was canceled for
-- ('' : it was not).
local prefix, batch, cursor = ARGV[1], ARGV[2], ARGV[3]
local SILENT, DAY, SELDOM, OFTEN, SOON = 60, 86400, 3600, 300, 25  -- seconds
local DIED = 'its maker ended before all of it was enqueued'
local STUCK = 'for a day no more of it came out of its outbox: frappe-celery outbox shows what it set aside'
local key, now = prefix .. 'batch:' .. batch, tonumber(redis.call('TIME')[1])
local found = redis.call('HMGET', key, 'status', 'going', 'failed', 'ended_at', 'kept_until', 'released',
  'on_ended', 'on_finished', 'stopped')
local status, going = found[1], tonumber(found[2] or 0)
local failed = tonumber(found[3] or 0) + tonumber(found[9] or 0)
local ended_at, released = tonumber(found[4]), found[6]

local function has_ended(callback, may_wait)
  if not callback then return true end
  local first, id = string.match(callback, '^(%S+) (.*)$')
  local _, how = line_now(prefix, id, first)
  return is_over(how) or (may_wait and how == 'deferred')
end

-- whether on_finished waits for jobs that did not finish; else it is on its way
local may_come = redis.call('HGET', prefix .. 'job:' .. batch .. '/finished', 'status') ~= 'finished'

local function forget()
  cancel_batch(prefix, batch, 'it has jobs that did not finish, and is forgotten')
  for _, line in ipairs({'made', 'ended', 'finished'}) do
    redis.call('EXPIRE', prefix .. 'job:' .. batch .. '/' .. line, SELDOM)  -- until all are told
  end
  redis.call('UNLINK', key, key .. ':members', key .. ':failed')
  for _, index in ipairs({'batches', 'batches:tending'}) do redis.call('ZREM', prefix .. index, batch) end
end

local function through(why)
  local pause = status == 'going' and OFTEN or SOON
  if released == '1' then pause = failed > 0 and SELDOM or math.max(SOON, ended_at + DAY - now) end
  redis.call('ZADD', prefix .. 'batches:tending', now + pause, batch)
  return {'0', why}
end

if not status then
  forget()
  return {'0', ''}
end
if cursor == '0' then
  if abort_batch({}, {prefix, batch, 'alive_at', now - SILENT, DIED}) then return through(DIED) end
  if abort_batch({}, {prefix, batch, 'relayed_at', now - DAY, STUCK}) then return through(STUCK) end
  if released == '1' and going == 0 and now > ended_at + DAY
    and (failed == 0 or now > tonumber(found[5] or 0)) and has_ended(found[8], may_come) then
    forget()
    return {'0', ''}
  end
  if ended_at and released ~= '1' and has_ended(found[7]) and has_ended(found[8], may_come) then
    released = '0'
    redis.call('HSET', key, 'released', released)
  elseif going + failed == 0 then
    return through('')
  end
end

local next, some = unpack(redis.call('HSCAN', key .. ':members', cursor, 'COUNT', 100))
for i = 1, #some, 2 do
  local first, outcome, id = some[i], string.match(some[i + 1], '^(%S+) (.*)$')
  if outcome == 'going' or outcome == 'failed' or outcome == 'stopped' then
    local _, how = line_now(prefix, id, first)
    local brings_back = redis.call('EXISTS', prefix .. 'brings_back:' .. first) == 1
    if is_over(how) and not brings_back then  -- else it counts once these go again
      note_ended(prefix, count_member(prefix, batch, first, how or 'deleted') or {})
    end
  end
  if released == '0' then let_expire(prefix, first, id) end
end
if next ~= '0' then return {next, ''} end
if released == '0' then
  released = '1'
  redis.call('HSET', key, 'released', released)
end
return through('')
