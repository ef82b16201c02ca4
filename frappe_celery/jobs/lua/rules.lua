-- Limits and pauses: which hold for a run, and the runs that they keep back.
-- prefix; what begins the names of lines ('' : runs wait in their queue's own list)
-- A rule is a field 'kind:pattern' of a hash, kind being site, queue, method or key, with JSON:
--   running, per_minute: numbers; paused: until when, in seconds since the epoch (-1: until told).
-- Those that somebody set come before the configured ones of the same name.
-- Returns nil where there are none and none keeps anything back, else functions:
local hashes = {prefix .. 'rules:configured', prefix .. 'rules'}
local parkings = prefix .. 'parkings'
if redis.call('EXISTS', parkings, unpack(hashes)) == 0 then return nil end

local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local all, these = {}, {}
for _, hash in ipairs(hashes) do
  local found = redis.call('HGETALL', hash)
  for i = 1, #found, 2 do
    local kind, pattern = string.match(found[i], '^(%a+):(.*)$')
    all[found[i]] = {kind = kind, pattern = pattern, rule = cjson.decode(found[i + 1]),
      lua = '^' .. string.gsub(string.gsub(pattern, '[^%w*]', '%%%0'), '%*', '.*') .. '$'}
  end
end

-- Of a site, a queue or a key the closest rule holds, and each has a count of its own; a method's
-- rules all hold, and what a pattern covers is counted together.
local function closest(kind, value)
  local best
  for _, one in pairs(all) do
    if one.kind == kind and string.find(value, one.lua)
      and (not best or one.pattern == value
        or best.pattern ~= value and #one.pattern > #best.pattern) then
      best = one
    end
  end
  return best and best.rule
end

local function holding(run, place)  -- counters and their rules
  local about, key = unpack(redis.call('HMGET', prefix .. 'job:' .. run, 'about', 'limit_key'))
  local ok, said = pcall(cjson.decode, about)
  local site, queue = string.match(place, '^(.*)|(.*)$')
  local found = {}
  for kind, value in pairs({site = site, queue = queue, key = key or nil}) do
    local rule = closest(kind, value)
    if rule then found[#found + 1] = {kind .. ':' .. value, rule} end
  end
  if ok and type(said[2]) == 'string' then
    local method = said[2]
    if string.find(method, 'run_scheduled_job', 1, true) then method = said[3] end
    for name, one in pairs(all) do
      if one.kind == 'method' and string.find(method, one.lua) then
        found[#found + 1] = {name, one.rule}
      end
    end
  end
  return found
end

-- How many more of a counter may begin now, at most 10; and when to look again if none.
local function room(counter, rule)
  if rule.paused and (rule.paused < 0 or rule.paused > now) then
    return 0, rule.paused < 0 and now + 3600 or rule.paused
  end
  local free, again = 10, now + 30
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
    local began = prefix .. 'began:' .. counter
    local fits = 0
    while fits < free do
      local older = redis.call('LINDEX', began, rule.per_minute - 1 - fits)
      if fits >= rule.per_minute or older and older + 60 > now then
        again = older and older + 60 or again
        break
      end
      fits = fits + 1
    end
    free = fits
  end
  return math.max(free, 0), again
end

these.kept = 0  -- how many were kept back

-- Whether a whole queue is held up, so that nothing has to be taken out of it.
function these.queue_waits(queue)
  local rule = closest('queue', queue)
  return rule and room('queue:' .. queue, rule) == 0
end

-- Keep a run back that may not begin now; whether that was so.
function these.keeps_back(run, place)
  for _, one in ipairs(holding(run, place)) do
    local free, again = room(one[1], one[2])
    if free == 0 then
      local record, parked = prefix .. 'job:' .. run, prefix .. 'parked:' .. one[1]
      local was = redis.call('HMGET', record, 'came_back', 'parked')
      if was[2] ~= one[1] then  -- else it stands there: RabbitMQ had it twice
        redis.call('HSET', record, 'parked', one[1])
        redis.call(was[1] and 'RPUSH' or 'LPUSH', parked, run)
      end
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
  for _, one in ipairs(holding(run, place)) do
    local counter, rule = one[1], one[2]
    if rule.running then
      redis.call('SADD', prefix .. 'holds:' .. counter, run)
      held[#held + 1] = counter
    end
    if rule.per_minute and not only_holds then
      local began = prefix .. 'began:' .. counter
      redis.call('LPUSH', began, string.format('%.6f', now))
      redis.call('LTRIM', began, 0, rule.per_minute - 1)
      redis.call('EXPIRE', began, 61)
    end
  end
  if #held > 0 then
    redis.call('HSET', prefix .. 'job:' .. run, 'holds', table.concat(held, '\n'))
  end
end

-- Let as many of those kept back go as may begin, first in their lines; returns whether any did.
function these.lets_go()
  local any = false
  for _, counter in ipairs(redis.call('ZRANGEBYSCORE', parkings, '-inf', now, 'LIMIT', 0, 5)) do
    local kind, value = string.match(counter, '^(%a+):(.*)$')
    local rule = kind == 'method' and (all[counter] or {}).rule or closest(kind, value)
    local free, again = 100, now
    if rule then free, again = room(counter, rule) end
    local parked, going = prefix .. 'parked:' .. counter, {}
    while #going < free do
      local run = redis.call('RPOP', parked)
      if not run then break end
      local found = redis.call('HMGET', prefix .. 'job:' .. run, 'status', 'place')
      if found[1] == 'queued' then going[#going + 1] = {run, found[2]} end
    end
    for i = #going, 1, -1 do
      local run, place = going[i][1], going[i][2]
      redis.call('HDEL', prefix .. 'job:' .. run, 'parked')
      redis.call('HSET', prefix .. 'job:' .. run, 'came_back', '1', 'front', '1')
      local list = prefix .. (lined ~= '' and lined .. place or string.match(place, '|(.*)$'))
      put(prefix, list, run, true)
      ring(prefix, list)
      any = true
    end
    if redis.call('EXISTS', parked) == 0 then
      redis.call('ZREM', parkings, counter)
    else
      redis.call('ZADD', parkings, string.format('%.6f', #going > 0 and now + 1 or again), counter)
    end
  end
  return any
end

return these
