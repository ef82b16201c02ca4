-- function (prefix, now, first, status, most, gone)
-- A job whose requeue is to bring back what its failure had canceled has ended.
-- prefix; now; its first run; its status; most at once; those that entered their queues are added here
-- Returns how many were looked at.
local asked, canceled = prefix .. 'brings_back:' .. first, prefix .. 'canceled_by:' .. first
if redis.call('EXISTS', asked) == 0 or not is_over(status) then return 0 end
if status ~= 'finished' then
  redis.call('ZUNIONSTORE', canceled, 2, canceled, asked, 'AGGREGATE', 'MIN')
  local some = redis.call('ZRANGE', asked, 0, 0)[1]
  local ttl = tonumber(redis.call('HGET', prefix .. 'job:' .. some, 'canceled_ttl') or 604800)
  if ttl >= 0 then redis.call('EXPIRE', canceled, ttl) end
  redis.call('DEL', asked)
  return 0
end

local function waits_in_vain(run, others)
  for _, one in ipairs(others) do
    if redis.call('ZSCORE', prefix .. 'awaits:' .. run, one[1]) then
      local _, how = line_now(prefix, one[2], one[1])
      if is_over(how) then return true end
    end
  end
end

local runs = redis.call('ZRANGE', asked, 0, most - 1)
for _, run in ipairs(runs) do
  local record, awaits = prefix .. 'job:' .. run, prefix .. 'awaits:' .. run
  local found = redis.call('HMGET', record, 'status', 'canceled_by', 'depends_on', 'place', 'id', 'batch')
  redis.call('ZREM', asked, run)
  now = now + 1e-6
  redis.call('ZREM', awaits, first)
  local others = found[2] and cjson.decode(found[3])
  if found[1] == 'canceled' and others and not waits_in_vain(run, others) then
    local index = prefix .. 'jobs:' .. found[4] .. '|'
    redis.call('HSET', record, 'status', 'deferred')
    redis.call('HDEL', record, 'canceled_by', 'ended_at', 'keep')
    for _, key in ipairs({record, awaits, prefix .. 'id:' .. found[5]}) do redis.call('PERSIST', key) end
    if found[6] then count_member(prefix, found[6], run, 'going') end
    redis.call('ZREM', index .. 'canceled', run)
    redis.call('ZREM', prefix .. 'expiring', found[4] .. '|canceled\n' .. run)
    redis.call('ZADD', index .. 'deferred', now, run)
    for _, one in ipairs(others) do
      local needs, newest = prefix .. 'dependants:' .. one[1], line_now(prefix, one[2], one[1])
      if redis.call('ZSCORE', awaits, one[1]) then
        redis.call('ZADD', needs, 'NX', now, run)
      else
        keep_for(prefix, one[1], one[2], newest, run)
      end
      if newest then redis.call('HSET', prefix .. 'job:' .. newest, 'needed', one[1]) end
    end
    asks_back(prefix, run)  -- theirs too
    redis.call('HSET', record, 'needed', run)
    if redis.call('EXISTS', awaits) == 0 then
      if enter(prefix, run, 'deferred', now) then gone[#gone + 1] = run end
    end
  end
end
return #runs
