-- function (prefix, id, first)
-- How a job stands: its newest run, whose status is its own.
-- prefix; its id; the run that it began with
-- Returns that run, its status and, if a dependency canceled it, why; nothing where no run is left.
local runs = redis.call('ZREVRANGE', prefix .. 'id:' .. id, 0, -1)
runs[#runs + 1] = first
for _, run in ipairs(runs) do
  local found = redis.call('HMGET', prefix .. 'job:' .. run, 'status', 'first_run', 'canceled_by',
    'following')
  local is_its = run == first or found[2] == first
  if found[1] and is_its and not found[4] then  -- else the run that followed says, also once it is gone
    return run, found[1], found[3]
  end
end
