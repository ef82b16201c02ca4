-- function (prefix, record, run, status, keep, by_another, id, ttl, holds, parked, needed, depends_on, batch)
-- A run has ended that depends on others, on which others depend, or that is of a batch: with it its
-- job has, unless a newer run of that goes on.
-- prefix; record; run; status; seconds that it is kept; whether one that it depends on canceled it;
-- fields of its record as `ends.lua` reads them
-- Returns what others depend on that has ended with it, {id, first run} of each, and whether its record
-- is needed by others.
local first, lines, is_needed = redis.call('HGET', record, 'first_run') or run, {}, false
local newest = line_now(prefix, id, first)
if newest and newest ~= run then return lines, is_needed end  -- none: what repeats it was deleted
if depends_on then needs_no_more(prefix, first, depends_on, by_another and keep or nil) end
if needed then
  lines[1] = {id, first}
  is_needed = redis.call('EXISTS', prefix .. 'dependants:' .. first) == 1
end
if batch and not (status == 'finished' and redis.call('EXISTS', prefix .. 'brings_back:' .. first) == 1) then
  local counted = count_member(prefix, batch, first, status)
  for _, line in ipairs(counted or {}) do lines[#lines + 1] = line end
  if counted and (status == 'failed' or status == 'stopped') then
    local kept_until = keep < 0 and 'inf' or redis.call('TIME')[1] + keep
    redis.call('HSET', prefix .. 'batch:' .. batch, 'kept_until', kept_until)
  end
end
return lines, is_needed or batch_keeps(prefix, batch, first)
