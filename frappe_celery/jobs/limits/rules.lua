-- function (prefix, lined)
-- Limits and pauses: which hold for a run, the runs that they keep back, and when these are let go.
-- prefix; what the names of lanes begin with ('' : runs wait in their queue's own list)
-- A limit is a field 'kind:pattern' of a hash, kind being site, queue, method or key, with JSON:
--   running, per_minute: numbers; key: what a method's jobs count under if their call names none.
-- Each number counts that somebody has set, else what is configured, else what a method declares.
-- A pause is a field 'kind:pattern' of `pauses`: until when, seconds since the epoch (-1: until told).
-- A site whose database is away is in `outages` (`put_back.lua`): its runs are counted as 'away:site'.
-- Those in which a * stands for anything are named in `patterns`; of the others, however many there
-- are, only what is about a run is read.
-- Returns nil where there are none and none keeps anything back, else functions:
local authors = {prefix .. 'rules', prefix .. 'rules:configured', prefix .. 'rules:declared'}
local pausing, parkings, outages = prefix .. 'pauses', prefix .. 'parkings', prefix .. 'outages'
if redis.call('EXISTS', parkings, pausing, outages, unpack(authors)) == 0 then return nil end

local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local known, patterns, these = {}, {}, {}
for _, target in ipairs(redis.call('SMEMBERS', prefix .. 'patterns')) do
  local kind, pattern = string.match(target, '^(%a+):(.*)$')
  local lua = '^' .. string.gsub(string.gsub(pattern or '', '[^%w*]', '%%%0'), '%*', '.*') .. '$'
  patterns[#patterns + 1] = {kind = kind, target = target, lua = lua}
end
table.sort(patterns, function(one, other) return #one.target > #other.target end)

local function of(target)  -- what is said of it
  if known[target] then return known[target] end
  local said = {}
  for _, hash in ipairs(authors) do
    local text = sure(prefix, 'HGET', hash, target)
    local its = text and object_in(prefix, hash, target, text, false, {'running', 'per_minute'}) or {}
    for _, name in ipairs({'running', 'per_minute'}) do
      said[name] = said[name] or (its[name] and math.ceil(its[name]))
    end
    said.key = said.key or (type(its.key) == 'string' and its.key or nil)
  end
  local ends = tonumber(sure(prefix, 'HGET', pausing, target) or 0) or 0
  if ends < 0 then said.paused = math.huge elseif ends > now then said.paused = ends end
  known[target] = said
  return said
end

local away = {}  -- by site whose database is so: none begins, or from when one looks again that one
local told = sure(prefix, 'HGETALL', outages)
for i = 1, #told, 2 do
  local its = object_in(prefix, outages, told[i], told[i + 1], true, {'since', 'look', 'pause'})
  away[told[i]] = its and (its.look > now and {paused = its.look} or {running = 1})
end

-- Of a site, a queue or a key each has a count of its own, and the closest limit holds; what a
-- method's limit covers is counted together, and all of them hold. Every pause holds.
local function covering(kind, name)  -- targets, the closest first
  local found = {kind .. ':' .. name}
  for _, one in ipairs(patterns) do
    if one.kind == kind and string.find(name, one.lua) then found[#found + 1] = one.target end
  end
  return found
end

-- What holds for a counter, 'kind:name' ('method:pattern'); nil: nothing.
function these.rule(counter)
  local kind, name = string.match(counter, '^(%a+):(.*)$')
  if kind == 'away' then return away[name] end
  local rule = {}
  for _, target in ipairs(kind == 'method' and {counter} or covering(kind, name)) do
    local said = of(target)
    if not rule.running and not rule.per_minute then
      rule.running, rule.per_minute = said.running, said.per_minute
    end
    if said.paused then rule.paused = math.max(rule.paused or 0, said.paused) end
  end
  return next(rule) and rule
end

local function holding(run, place)  -- counters and their rules
  local about, key = unpack(redis.call('HMGET', prefix .. 'job:' .. run, 'about', 'limit_key'))
  local ok, said = pcall(cjson.decode, about)
  local site, queue = string.match(place, '^(.*)|(.*)$')
  local counters = {}
  if ok and type(said[2]) == 'string' then
    local method = said[2]
    if string.find(method, 'run_scheduled_job', 1, true) then method = said[3] end
    counters = covering('method', method)
    key = key or of(counters[1]).key
  end
  for kind, name in pairs({site = site, queue = queue, key = key or nil}) do
    counters[#counters + 1] = kind .. ':' .. name
  end
  if away[site] then counters[#counters + 1] = 'away:' .. site end
  local found = {}
  for _, counter in ipairs(counters) do
    local rule = these.rule(counter)
    if rule then found[#found + 1] = {counter, rule} end
  end
  return found
end

-- How many more of a counter may begin now, of many a hundred; and when to look again if none.
local full = {}  -- counters of which none may begin, and when to look again
local function room(counter, rule)
  if full[counter] then return 0, full[counter] end
  if rule.paused then return 0, math.min(rule.paused, now + 3600) end
  local free, again = 100, now + 30
  if rule.running then
    local holds = prefix .. 'holds:' .. counter
    if redis.call('SCARD', holds) >= rule.running then
      for _, other in ipairs(redis.call('SMEMBERS', holds)) do
        if redis.call('HGET', prefix .. 'job:' .. other, 'status') ~= 'started' then
          redis.call('SREM', holds, other)
        end
      end
    end
    free = math.min(free, rule.running - redis.call('SCARD', holds))
  end
  if rule.per_minute and free > 0 then
    local minute = prefix .. 'minute:' .. counter
    redis.call('ZREMRANGEBYSCORE', minute, '-inf', now - 60)
    local over = redis.call('ZCARD', minute) - rule.per_minute
    if over >= 0 then again = redis.call('ZRANGE', minute, over, over, 'WITHSCORES')[2] + 60 end
    free = math.min(free, -over)
  end
  if free <= 0 then full[counter] = again end
  return math.max(free, 0), again
end

-- One that was let go is there: others may follow.
local function arrives(run)
  local counter = redis.call('HGET', prefix .. 'job:' .. run, 'let_go')
  if not counter then return end
  redis.call('HDEL', prefix .. 'job:' .. run, 'let_go')
  redis.call('ZADD', parkings, 'XX', 0, counter)
end

-- Whether the one of a place that begins is to find out whether its site's database is back.
function these.looks(place)
  return away[string.match(place, '^(.*)|')] ~= nil
end

these.kept = 0  -- how many were kept back

-- Whether a whole queue is held up, so that nothing has to be taken out of it.
function these.queue_waits(queue)
  local rule = these.rule('queue:' .. queue)
  return rule and room('queue:' .. queue, rule) == 0
end

-- Keep a run back that may not begin now; whether that was so.
function these.keeps_back(run, place)
  for _, one in ipairs(holding(run, place)) do
    local free, again = room(one[1], one[2])
    if free == 0 then
      arrives(run)
      local record = prefix .. 'job:' .. run
      local place_in_line = redis.call('HGET', record, 'parked_as')
        or redis.call('INCR', prefix .. 'parkings:number')
      redis.call('HSET', record, 'parked', one[1], 'parked_as', place_in_line)
      redis.call('ZADD', prefix .. 'kept:' .. one[1], place_in_line, run)
      redis.call('ZADD', prefix .. 'kept_at:' .. place .. '|' .. one[1], place_in_line, run)
      redis.call('SADD', prefix .. 'kept_places:' .. one[1], place)
      local known = redis.call('ZSCORE', parkings, one[1])
      if not known or tonumber(known) > again then
        redis.call('ZADD', parkings, string.format('%.6f', again), one[1])
      end
      these.kept = these.kept + 1
      return true
    end
  end
  return false
end

-- A run begins, or (with `only_holds`) has begun before there were these rules.
function these.begins(run, place, only_holds)
  local held = {}
  arrives(run)
  for _, one in ipairs(holding(run, place)) do
    local counter, rule = one[1], one[2]
    if rule.running then
      redis.call('SADD', prefix .. 'holds:' .. counter, run)
      held[#held + 1] = counter
    end
    if rule.per_minute and not only_holds then
      redis.call('ZADD', prefix .. 'minute:' .. counter, string.format('%.6f', now), run)
      redis.call('EXPIRE', prefix .. 'minute:' .. counter, 61)
    end
  end
  if #held > 0 then
    redis.call('HSET', prefix .. 'job:' .. run, 'holds', table.concat(held, '\n'))
  end
end

-- Where a counter keeps runs back, and may let some go: the place, its runs (a sorted set) and the
-- number of the one that has waited longest there; the first of all by this first. Those that were let
-- go stay in the set until they begin there: before that no others go.
local function open_places(counter)
  local kept, places, found = prefix .. 'kept:' .. counter, prefix .. 'kept_places:' .. counter, {}
  for _, place in ipairs(redis.call('SRANDMEMBER', places, 200)) do
    local runs, first, is_kept, is_going = prefix .. 'kept_at:' .. place .. '|' .. counter
    for _ = 1, 200 do  -- some were canceled, say
      first = redis.call('ZRANGE', runs, 0, 0, 'WITHSCORES')
      is_kept = first[1] and redis.call('ZSCORE', kept, first[1])
      if is_kept or not first[1] then break end
      local its = redis.call('HMGET', prefix .. 'job:' .. first[1], 'status', 'let_go')
      is_going = its[1] == 'queued' and its[2] == counter
      if is_going then break end
      redis.call('ZREM', runs, first[1])
    end
    if is_kept then found[#found + 1] = {place, runs, tonumber(first[2])}
    elseif not first[1] then redis.call('SREM', places, place) end
  end
  table.sort(found, function(one, other) return one[3] < other[3] end)
  return found
end

-- Let some of a counter's go, first in their lines, from each place as many as from any other; they
-- are added to `gone`.
local function go(counter, most, gone)
  local kept, going = prefix .. 'kept:' .. counter, {}
  local places = open_places(counter)
  for i, one in ipairs(places) do
    local share = math.ceil((most - #going) / (#places - i + 1))
    for _, run in ipairs(share > 0 and redis.call('ZRANGE', one[2], 0, share - 1) or {}) do
      local is_kept = redis.call('ZREM', kept, run) == 1
      if is_kept and redis.call('HGET', prefix .. 'job:' .. run, 'status') == 'queued' then
        going[#going + 1], gone[#gone + 1] = {run, one[1]}, run
      else redis.call('ZREM', one[2], run) end
    end
  end
  for i = #going, 1, -1 do
    local run, place = unpack(going[i])
    redis.call('HDEL', prefix .. 'job:' .. run, 'parked')
    redis.call('HSET', prefix .. 'job:' .. run, 'let_go', counter, 'front', '1')
    give_back(prefix, prefix .. (lined ~= '' and lined .. place or string.match(place, '|(.*)$')), run)
  end
end

-- Let as many of those kept back go as may begin; returns these.
function these.release_due()
  local gone = {}
  for _, counter in ipairs(redis.call('ZRANGEBYSCORE', parkings, '-inf', now, 'LIMIT', 0, 5)) do
    local free, again = room(counter, these.rule(counter) or {})
    if free > 0 then
      go(counter, free, gone)
      again = now + 1  -- if those do not begin sooner
    end
    if redis.call('EXISTS', prefix .. 'kept:' .. counter) == 0 then
      redis.call('ZREM', parkings, counter)
      for _, place in ipairs(redis.call('SMEMBERS', prefix .. 'kept_places:' .. counter)) do
        redis.call('DEL', prefix .. 'kept_at:' .. place .. '|' .. counter)
      end
      redis.call('DEL', prefix .. 'kept_places:' .. counter, prefix .. 'going:' .. counter)
    else
      redis.call('ZADD', parkings, string.format('%.6f', again), counter)
    end
  end
  return gone
end

return these
