-- function (prefix, run, id, place, keep)
-- The record of a run that has ended is kept for so long, and the list of its id as long as any in it.
-- prefix; run; its id; 'site|queue|status'; seconds (below 0: for ever)
if keep >= 0 then
  local time = redis.call('TIME')
  redis.call('EXPIRE', prefix .. 'job:' .. run, keep)
  redis.call('ZADD', prefix .. 'expiring', time[1] + 1 + keep, place .. '\n' .. run)
end
if string.sub(id, -#run) == run then return end  -- its id is its own, and listed nowhere
retain_ids(prefix, id, keep)
