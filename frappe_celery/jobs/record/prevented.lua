-- function (prefix, place, index, asked, status, run, now, id)
-- What becomes of a run that is not enqueued for what is asked of it.
-- prefix; place; index of its status; what is asked, as `enqueue.lua` has it; its first status; run;
-- now; id
-- Returns that and why, as `enqueue.lua`; else nothing: then `asked` has also what `follow.lua` needs of
-- those that come, which is asked once, by the first of them.
local may_lead = asked.routes or asked.key or asked.deduplicate
local routes = may_lead and redis.call('HMGET', prefix .. 'routes', 'number', 'schedule') or {}
if asked.routes and asked.routes ~= (routes[1] or '0') then return 'rerouted', '' end
if asked.outbox and redis.call('ZADD', asked.outbox, 'NX', 0, run) == 0 then return 'relayed', run end
local closed = asked.batch and admit_to_batch(prefix, place, now, asked)
if closed then
  if asked.outbox then redis.call('ZREM', asked.outbox, run) end
  return 'closed', closed
end
if asked.key and routes[2] == 'rq' then return 'deposed', '' end
if asked.fence and redis.call('GET', prefix .. 'beat:lease') ~= asked.fence then return 'deposed', '' end
local acted = asked.due and redis.call('GET', asked.key)
if acted and asked.latest and tonumber(acted) > tonumber(asked.latest) then acted = nil end
if acted and tonumber(acted) >= tonumber(asked.due) then return 'claimed', acted end
if acted then asked.acted = acted end
if asked.skip then
  note_due(prefix, asked, now, 'skipped', '')
  return 'skipped', ''
end
local other = asked.deduplicate and duplicate_of(prefix, id, routes[1])
if other then
  if asked.due then note_due(prefix, asked, now, 'duplicate', other) end
  if asked.number then join_batch(prefix, run, id, asked, 'duplicate') end
  return 'duplicate', other
end
if asked.unique_way then
  local outcome, why = unique(prefix, asked)
  if outcome then return outcome, why end
end
if asked.lines then return end
local lines = {}
for i, one in ipairs(status == 'deferred' and cjson.decode(asked.depends_on) or lines) do
  lines[i] = {one[1], one[2], one[3], line_now(prefix, one[2], one[1])}
  if not lines[i][4] then
    if asked.outbox then redis.call('ZREM', asked.outbox, run) end
    return 'unknown', one[2]
  end
end
local most, front = tonumber(asked.at_most or 0), tonumber(asked.front or 0)
if not asked.at and (most > 0 or front > 1) then
  local waiting = redis.call('ZCARD', index)  -- of this site, in the same status
  if front > 1 then asked.waiting = waiting end
  local queued, to_defer = waiting, tonumber(asked.to_defer or 0)
  if asked.to_defer then queued = redis.call('ZCARD', prefix .. 'jobs:' .. place .. '|queued') end
  if most > 0 and queued + (asked.coming or 1) > most then return 'overloaded', tostring(queued) end
  if to_defer > 0 and waiting + to_defer > most then return 'overloaded', tostring(waiting) end
end
asked.lines = lines
