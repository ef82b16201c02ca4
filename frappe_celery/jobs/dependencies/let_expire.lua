-- function (prefix, first, id)
-- Nobody depends on a job any more: what was kept of it for that is kept as long as any other.
-- prefix; its first run; its id
local runs = redis.call('ZRANGE', prefix .. 'id:' .. id, 0, -1)
runs[#runs + 1] = first
for _, run in ipairs(runs) do
  local record = prefix .. 'job:' .. run
  local found = redis.call('HMGET', record, 'keep', 'place', 'status', 'first_run')
  if found[1] and (run == first or found[4] == first) then
    redis.call('HDEL', record, 'keep')
    retain(prefix, run, id, found[2] .. '|' .. found[3], tonumber(found[1]))
  end
end
