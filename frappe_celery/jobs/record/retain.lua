-- function (prefix, run, id, place, keep)
-- The record of a run that has ended is kept for so long, with its job's attempts, and the list of its
-- id as long as any in it.
-- prefix; run; its id; 'site|queue|status'; seconds (below 0: for ever)
local is_its_own = string.sub(id, -#run) == run  -- of a job's first run, and listed nowhere
local first = not is_its_own and redis.call('HGET', prefix .. 'job:' .. run, 'first_run')
if keep >= 0 then
  local time = redis.call('TIME')
  redis.call('EXPIRE', prefix .. 'job:' .. run, keep)
  redis.call('ZADD', prefix .. 'expiring', time[1] + 1 + keep, place .. '\n' .. run)
end
if is_its_own then return end
if first then keep_attempts(prefix, first, keep) end
retain_ids(prefix, id, keep)
