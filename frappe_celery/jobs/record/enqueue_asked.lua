-- function (KEYS, ARGV)
-- Enqueue a job of which more is asked than of most, as `enqueue.lua` says.
-- KEYS, ARGV: as there
local prefix, run, place, now, queue, id = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local asked = cjson.decode(ARGV[9])
local front, most = tonumber(asked.front or 0), tonumber(asked.most or 0)
local ids, first_run = prefix .. 'id:' .. id, asked.first_run

local routes = redis.call('HMGET', prefix .. 'routes', 'number', 'schedule')
if asked.routes and asked.routes ~= (routes[1] or '0') then return {'rerouted', ''} end
if asked.outbox and redis.call('ZADD', asked.outbox, 'NX', 0, run) == 0 then
  return {'relayed', run}
end
if asked.batch then
  local closed = admit_to_batch(prefix, place, now, asked)
  if closed then
    if asked.outbox then redis.call('ZREM', asked.outbox, run) end
    return {'closed', closed}
  end
end
if asked.claim and routes[2] == 'rq' then return {'deposed', ''} end
if asked.fence and redis.call('GET', prefix .. 'beat:lease') ~= asked.fence then
  return {'deposed', ''}
end
local acted = asked.due and redis.call('GET', asked.claim)
if acted and asked.latest and tonumber(acted) > tonumber(asked.latest) then acted = nil end
if acted and tonumber(acted) >= tonumber(asked.due) then return {'claimed', acted} end
local function act(outcome, by)  -- on every due time since the last one that was acted on
  if not asked.due then return end
  redis.call('SET', asked.claim, asked.due)
  local entry = string.sub(asked.claim, #prefix + #'due:' + 1)
  redis.call('LPUSH', prefix .. 'acted', cjson.encode(
    {entry = entry, method = asked.method, after = acted or '', since = asked.since,
      due = asked.due, at = now, outcome = outcome, reason = asked.skip, run = by}))
  redis.call('LTRIM', prefix .. 'acted', 0, 9999)
end
if asked.skip then
  act('skipped', '')
  return {'skipped', ''}
end
if asked.deduplicate then
  local function is_duplicate_of(other)
    act('duplicate', other)
    if asked.number then join_batch(prefix, run, id, asked, 'duplicate') end
    return {'duplicate', other}
  end
  local gone, theirs = {}, routes[1] and redis.call('HGET', 'rq:job:' .. id, 'status')
  if theirs == 'queued' or theirs == 'started' then return is_duplicate_of('') end
  for _, other in ipairs(redis.call('ZREVRANGE', ids, 0, -1)) do
    local status = redis.call('HGET', prefix .. 'job:' .. other, 'status')
    if status and not is_over(status) then return is_duplicate_of(other) end
    gone[#gone + 1] = other
  end
  for _, other in ipairs(gone) do
    local record = prefix .. 'job:' .. other
    local found = redis.call('HMGET', record, 'place', 'status', 'keep', 'depends_on', 'first_run')
    if found[4] and not found[3] then delete({record}, {prefix, other})
    elseif not found[3] then  -- else a job needs it
      if found[1] then
        local ended = found[1] .. '|' .. found[2]
        redis.call('ZREM', prefix .. 'jobs:' .. ended, other)
        redis.call('ZREM', prefix .. 'expiring', ended .. '\n' .. other)
      end
      redis.call('DEL', record)
      redis.call('ZREM', ids, other)
      if found[5] then keep_attempts(prefix, found[5], 0) end
    end
  end
end
local lines = {}
local waits = asked.depends_on and not first_run
for i, one in ipairs(waits and cjson.decode(asked.depends_on) or {}) do
  lines[i] = {one[1], one[2], one[3], line_now(prefix, one[2], one[1])}
  if not lines[i][4] then
    if asked.outbox then redis.call('ZREM', asked.outbox, run) end
    return {'unknown', one[2]}
  end
end
local waiting = 0
if not asked.at and (most > 0 or front > 1) then
  waiting = redis.call('ZCARD', KEYS[2])  -- of this site, in the same status
end
if most > 0 and waiting >= most then return {'overloaded', tostring(waiting)} end

local status = asked.at and 'scheduled' or waits and 'deferred' or 'queued'
write_record(KEYS[1], id, place, ARGV[7], ARGV[8], status, now)
for _, name in ipairs({'depends_on', 'result_ttl', 'failure_ttl', 'limit_key', 'first_run', 'batch', 'after'}) do
  if asked[name] then redis.call('HSET', KEYS[1], name, asked[name]) end
end
if first_run then
  if asked.brings_back then asks_back(prefix, first_run) end
  local needing = {prefix .. 'dependants:' .. first_run, prefix .. 'brings_back:' .. first_run}
  if redis.call('EXISTS', unpack(needing)) > 0 then redis.call('HSET', KEYS[1], 'needed', first_run) end
  for _, one in ipairs(asked.depends_on and cjson.decode(asked.depends_on) or {}) do
    local newest, how = line_now(prefix, one[2], one[1])  -- it reads what they returned again
    if newest then
      redis.call('ZADD', prefix .. 'dependants:' .. one[1], '+inf', first_run)
      redis.call('HSET', prefix .. 'job:' .. newest, 'needed', one[1])
      if is_over(how) then hold(prefix, newest, one[2]) end
    end
  end
end
if asked.own_id then
  redis.call('ZADD', ids, now, run)
  redis.call('PERSIST', ids)
end
redis.call('ZADD', KEYS[2], now, run)
sure(prefix, 'SADD', prefix .. 'places', place)
act('enqueued', run)
if asked.requeued then
  if asked.error then redis.call('HSET', prefix .. 'job:' .. asked.requeued, 'exc_info', asked.error) end
  become_attempt(prefix, asked.requeued, run)
end
if asked.batch then join_batch(prefix, first_run or run, id, asked, 'going') end
local latest
if asked.transaction then
  local time = redis.call('TIME')
  latest = string.format('%.6f', time[1] + (time[2] + (ARGV[10] or 0)) / 1e6 + asked.commit_wait)
end
if asked.at or waits then
  if latest then  -- it may be its turn before that end
    redis.call('HSET', KEYS[1], 'transaction', asked.transaction)
    redis.call('ZADD', prefix .. 'commit:open', 'NX', latest, asked.transaction)
  end
  if front == 1 then redis.call('HSET', KEYS[1], 'front', '1') end
  if asked.at then redis.call('ZADD', prefix .. 'scheduled', asked.at, run)
  else
    redis.call('HSET', KEYS[1], 'list', string.sub(KEYS[3], #prefix + 1),
      'canceled_ttl', asked.canceled_ttl)
    local ended = defer(prefix, run, now, lines, tonumber(asked.canceled_ttl))
    if ended then note_ended(prefix, ended) end
  end
  return enqueued(run, now)
end
local first = front == 1 or (front > 1 and waiting > front)
if first then redis.call('HSET', KEYS[1], 'front', '1') end
if latest then await_commit(prefix, run, asked.transaction, latest)
elseif front >= 0 and put(prefix, KEYS[3], run, first) == 1 then ring(prefix, KEYS[3]) end
return enqueued(first and 'first' or run, now)
