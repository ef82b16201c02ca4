-- function (KEYS, ARGV)
-- Remove a run wherever it stands: record, index, queue, ids. Of an attempt it is its job's newest run
-- that goes; with the last run of a job go its attempts.
-- KEYS: record
-- ARGV: prefix, run
local prefix, run, record = ARGV[1], ARGV[2], KEYS[1]
local id, first, following = unpack(redis.call('HMGET', record, 'id', 'first_run', 'following'))
first = first or run
if following then
  run = line_now(prefix, id, first) or run
  record = prefix .. 'job:' .. run
end
local found = redis.call('HMGET', record, 'status', 'place', 'id', 'holds', 'parked', 'ended_at',
  'needed', 'depends_on', 'batch', 'unique')
if not found[1] then return 0 end
local place = found[2] .. '|' .. found[1]
redis.call('ZREM', prefix .. 'jobs:' .. place, run)
redis.call('ZREM', prefix .. 'expiring', place .. '\n' .. run)
redis.call('ZREM', prefix .. 'id:' .. found[3], run)
if found[4] then free_slots(prefix, run, found[4]) end
if found[5] then redis.call('ZREM', prefix .. 'kept:' .. found[5], run) end
if found[1] == 'queued' and not found[5] then withdraw(prefix, run, found[2]) end
if found[10] then unique_ended(prefix, run, found[10], found[8]) end
rank(prefix, found[2])
if found[1] == 'scheduled' then redis.call('ZREM', prefix .. 'scheduled', run) end
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
if found[7] and found[1] == 'finished' and line_now(prefix, found[3], first) == run then
  while redis.call('ZCOUNT', prefix .. 'dependants:' .. first, '-inf', '(+inf') > 0 do
    settle(prefix, now, {{found[3], first}})  -- who is not told yet would take it for unfinished
  end
end
if found[6] then  -- it has ended
  local left, week = redis.call('TTL', record), 604800
  left = left > 0 and math.min(left, week) or week
  redis.call('SET', prefix .. 'spent:' .. run, found[1], 'EX', left)
end
redis.call('DEL', record)
retain_ids(prefix, found[3], 0)
local newest, status = line_now(prefix, found[3], first)
if not newest then keep_attempts(prefix, first, 0) end
if not (found[7] or found[8] or found[9]) then return 1 end
if is_over(status) then
  if found[8] then needs_no_more(prefix, first, found[8]) end
  local lines = {}
  if found[7] then lines[1] = {found[3], first} end
  for _, line in ipairs(found[9] and count_member(prefix, found[9], first, status or 'deleted') or {}) do
    lines[#lines + 1] = line
  end
  if lines[1] then settle(prefix, now, lines) end
end
return 1
