-- Look at a batch, some of its jobs in each step: whose maker died is canceled; jobs that ended
-- unnoticed are counted; when all have ended, and its callbacks, their records expire as others do;
-- a day later it is forgotten, unless failed ones are still kept.
-- ARGV: prefix, batch, cursor ('0' : begin)
-- Returns the next cursor ('0' : through), and what it was canceled for ('' : it was not).
local prefix, batch, cursor = ARGV[1], ARGV[2], ARGV[3]
local SILENT, DAY, SELDOM, AGAIN = 60, 86400, 3600, 300  -- seconds
local DIED = 'its maker ended before all of it was enqueued'
local key, now = prefix .. 'batch:' .. batch, tonumber(redis.call('TIME')[1])
local found = redis.call('HMGET', key, 'status', 'going', 'failed', 'ended_at', 'kept_until', 'released',
  'on_ended', 'on_finished', 'looked_at')
local status, going, failed = found[1], tonumber(found[2] or 0), tonumber(found[3] or 0)
local ended_at, released = tonumber(found[4]), found[6]

local function has_ended(callback, may_wait)
  if not callback then return true end
  local first, id = string.match(callback, '^(%S+) (.*)$')
  local _, how = line_now(prefix, id, first)
  return is_over(how) or (may_wait and how == 'deferred')
end

local function forget()
  cancel_batch(prefix, batch, 'it has jobs that did not finish, and is forgotten')
  for _, line in ipairs({'made', 'ended', 'finished'}) do
    redis.call('EXPIRE', prefix .. 'job:' .. batch .. '/' .. line, SELDOM)  -- until all are told
  end
  redis.call('UNLINK', key, key .. ':members')
  redis.call('ZREM', prefix .. 'batches', batch)
end

if not status then
  redis.call('ZREM', prefix .. 'batches', batch)
  return {'0', ''}
end
if cursor == '0' then
  if abort_batch(prefix, batch, now - SILENT, DIED) then return {'0', DIED} end
  if released == '1' and going == 0 and now > ended_at + DAY
    and (failed == 0 or now > tonumber(found[5] or 0)) then
    forget()
    return {'0', ''}
  end
  local may_let_go = ended_at and has_ended(found[7]) and has_ended(found[8], true)
  if may_let_go and released ~= '1' then
    released = '0'
    redis.call('HSET', key, 'released', released)
  else
    local pause = ended_at and SELDOM or AGAIN
    if going + failed == 0 or now < tonumber(found[9] or 0) + pause then return {'0', ''} end
  end
  redis.call('HSET', key, 'looked_at', now)
end

local next, some = unpack(redis.call('HSCAN', key .. ':members', cursor, 'COUNT', 100))
for i = 1, #some, 2 do
  local first, outcome, id = some[i], string.match(some[i + 1], '^(%S+) (.*)$')
  if outcome == 'going' or outcome == 'failed' then
    local _, how = line_now(prefix, id, first)
    if is_over(how) then note_ended(prefix, count_member(prefix, batch, first, how or 'deleted') or {}) end
  end
  if released == '0' then let_expire(prefix, first, id) end
end
if next == '0' and released == '0' then redis.call('HSET', key, 'released', '1') end
return {next, ''}
