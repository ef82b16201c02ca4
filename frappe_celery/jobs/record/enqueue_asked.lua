-- function (KEYS, ARGV, others)
-- What more is asked of the runs of a call than of most, as `enqueue.lua` says.
-- KEYS, ARGV: as there; others: what that returns
-- Returns their first `status`; `admits`, whether one is to be enqueued, else it is among the others; and
-- `follow`, which does what follows once these are recorded and returns those that enter their queue,
-- behind the ones there and before them.
local prefix, place, asked = ARGV[1], ARGV[2], cjson.decode(ARGV[4])
local front, most = tonumber(asked.front or 0), tonumber(asked.at_most or 0)
local first_run, depends_on = asked.first_run, cjson.decode(asked.depends_on or '[]')
local waits = asked.depends_on and not first_run
local these = {status = asked.at and 'scheduled' or waits and 'deferred' or 'queued'}
local routes = redis.call('HMGET', prefix .. 'routes', 'number', 'schedule')
local new, acted, lines, waiting = {}, nil, nil, nil

local function act(outcome, by, now)  -- on every due time since the last one that was acted on
  if not asked.due then return end
  redis.call('SET', asked.key, asked.due)
  local entry = string.sub(asked.key, #prefix + #'due:' + 1)
  redis.call('LPUSH', prefix .. 'acted', cjson.encode(
    {entry = entry, method = asked.method, after = acted or '', since = asked.since,
      due = asked.due, at = now, outcome = outcome, reason = asked.skip, run = by}))
  redis.call('LTRIM', prefix .. 'acted', 0, 9999)
end

local function duplicate_of(id)
  local ids, gone = prefix .. 'id:' .. id, {}
  local theirs = routes[1] and redis.call('HGET', 'rq:job:' .. id, 'status')
  if theirs == 'queued' or theirs == 'started' then return '' end
  for _, other in ipairs(redis.call('ZREVRANGE', ids, 0, -1)) do
    local status = redis.call('HGET', prefix .. 'job:' .. other, 'status')
    if status and not is_over(status) then return other end
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

local function finds_no_room()  -- asked once, by the first that is no duplicate, for all that come
  local found = {}
  for i, one in ipairs(waits and depends_on or {}) do
    found[i] = {one[1], one[2], one[3], line_now(prefix, one[2], one[1])}
    if not found[i][4] then return 'unknown', one[2] end
  end
  if not asked.at and (most > 0 or front > 1) then
    waiting = redis.call('ZCARD', KEYS[1])  -- of this site, in the same status
  end
  if waiting and most > 0 then
    local queued = asked.to_defer and redis.call('ZCARD', prefix .. 'jobs:' .. place .. '|queued') or waiting
    if queued + (asked.coming or 1) > most then return 'overloaded', tostring(queued) end
    local to_defer = tonumber(asked.to_defer or 0)
    if to_defer > 0 and waiting + to_defer > most then return 'overloaded', tostring(waiting) end
  end
  lines = found
end

local function prevents(run, now, id)
  if asked.routes and asked.routes ~= (routes[1] or '0') then return 'rerouted', '' end
  if asked.outbox and redis.call('ZADD', asked.outbox, 'NX', 0, run) == 0 then return 'relayed', run end
  local closed = asked.batch and admit_to_batch(prefix, place, now, asked)
  if closed then return 'closed', closed end
  if asked.key and routes[2] == 'rq' then return 'deposed', '' end
  if asked.fence and redis.call('GET', prefix .. 'beat:lease') ~= asked.fence then return 'deposed', '' end
  acted = asked.due and redis.call('GET', asked.key)
  if acted and asked.latest and tonumber(acted) > tonumber(asked.latest) then acted = nil end
  if acted and tonumber(acted) >= tonumber(asked.due) then return 'claimed', acted end
  if asked.skip then
    act('skipped', '', now)
    return 'skipped', ''
  end
  local other = asked.deduplicate and duplicate_of(id)
  if other then
    act('duplicate', other, now)
    if asked.number then join_batch(prefix, run, id, asked, 'duplicate') end
    return 'duplicate', other
  end
  if not lines then return finds_no_room() end
end

local function tell(which, outcome, why)
  for _, told in ipairs({which - 1, outcome, why}) do others[#others + 1] = told end
end

function these.admits(which, run, now, id)
  local outcome, why = prevents(run, now, id)
  if not outcome then
    new[#new + 1] = which
    return true
  end
  tell(which, outcome, why)
  if asked.outbox and (outcome == 'closed' or outcome == 'unknown') then redis.call('ZREM', asked.outbox, run) end
end

function these.follow()
  local last, first, latest = {}, {}, nil
  for nth, which in ipairs(new) do
    local run, now, id = unpack(ARGV, 4 * which + 1, 4 * which + 3)
    local record = KEYS[which + 2]
    for _, name in ipairs({'depends_on', 'result_ttl', 'failure_ttl', 'limit_key', 'first_run', 'batch', 'after'}) do
      if asked[name] then redis.call('HSET', record, name, asked[name]) end
    end
    if first_run then
      if asked.brings_back then asks_back(prefix, first_run) end
      local needing = {prefix .. 'dependants:' .. first_run, prefix .. 'brings_back:' .. first_run}
      if redis.call('EXISTS', unpack(needing)) > 0 then redis.call('HSET', record, 'needed', first_run) end
      for _, one in ipairs(depends_on) do
        local newest, how = line_now(prefix, one[2], one[1])  -- it reads what they returned again
        if newest then
          redis.call('ZADD', prefix .. 'dependants:' .. one[1], '+inf', first_run)
          redis.call('HSET', prefix .. 'job:' .. newest, 'needed', one[1])
          if is_over(how) then hold(prefix, newest, one[2]) end
        end
      end
    end
    act('enqueued', run, now)
    if asked.requeued then
      if asked.error then redis.call('HSET', prefix .. 'job:' .. asked.requeued, 'exc_info', asked.error) end
      become_attempt(prefix, asked.requeued, run)
    end
    if asked.batch then join_batch(prefix, first_run or run, id, asked, 'going') end
    if asked.transaction then
      local time = redis.call('TIME')
      latest = string.format('%.6f', time[1] + (time[2] + which) / 1e6 + asked.commit_wait)
    end
    local is_first = front == 1 or (front > 1 and these.status == 'queued' and waiting + nth - 1 > front)
    if is_first then redis.call('HSET', record, 'front', '1') end
    if asked.at or waits then
      if latest then  -- it may be its turn before that end
        redis.call('HSET', record, 'transaction', asked.transaction)
        redis.call('ZADD', prefix .. 'commit:open', 'NX', latest, asked.transaction)
      end
      if asked.at then redis.call('ZADD', prefix .. 'scheduled', asked.at, run)
      else
        redis.call('HSET', record, 'list', string.sub(KEYS[2], #prefix + 1),
          'canceled_ttl', asked.canceled_ttl)
        local ended = defer(prefix, run, now, lines, tonumber(asked.canceled_ttl))
        if ended then note_ended(prefix, ended) end
      end
    else
      if is_first then tell(which, 'enqueued', 'first') end
      if latest then await_commit(prefix, run, asked.transaction, latest)
      elseif front >= 0 then table.insert(is_first and first or last, run) end
    end
  end
  return last, first
end

return these
