-- function (prefix, first, id)
-- A job's dependants or its batch need it no more: where nobody does, what was kept of it for that is
-- kept as long as any other.
-- prefix; its first run; its id
if redis.call('EXISTS', prefix .. 'dependants:' .. first) == 1 then return end
local runs = redis.call('ZRANGE', prefix .. 'id:' .. id, 0, -1)
runs[#runs + 1] = first
for _, run in ipairs(runs) do
  local record = prefix .. 'job:' .. run
  local found = redis.call('HMGET', record, 'keep', 'place', 'status', 'first_run', 'batch')
  if found[1] and (run == first or found[4] == first) and not batch_keeps(prefix, found[5], first) then
    redis.call('HDEL', record, 'keep')
    retain(prefix, run, id, found[2] .. '|' .. found[3], tonumber(found[1]))
  end
end
