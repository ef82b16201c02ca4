-- function (prefix, batch, first, status, keep)
-- A job has ended that may be one of a batch's.
-- prefix; batch; the run that it began with; its status; seconds that its record is kept
-- Returns as `count_member.lua`.
local lines = count_member(prefix, batch, first, status)
if lines and (status == 'failed' or status == 'stopped') then
  local kept_until = keep < 0 and 'inf' or redis.call('TIME')[1] + keep
  redis.call('HSET', prefix .. 'batch:' .. batch, 'kept_until', kept_until)
end
return lines
