-- Find ghosts: runs that count as waiting or running, and that no queue, no worker and no time has.
-- Only what has been so for a while counts: some are being run by their caller, others on their way.
-- KEYS: consumers, places, scheduled, suspects
-- ARGV: prefix, seconds that a ghost is old at least, longest queue to look through, 'line:' where
--       runs wait in lanes of their sites ('' : not), queues that are not looked through …
-- Waiting ghosts are put first in their queues, scheduled ones are due. A started one is a suspect
-- first, and a ghost the next time: its worker may have had to say anew that it lives.
-- Returns {the runs that were put back}, {the started ghosts, for the caller to settle}, {the places
-- in which runs wait for other jobs, of which `forgotten.lua` finds the ghosts} and {those that had no
-- record and count no more}.
local prefix, longest = ARGV[1], tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local before = now - tonumber(ARGV[2])

local there = in_hands(prefix, KEYS[1])

local looked, back, started, suspects, deferred, gone = {}, {}, {}, {}, {}, {}
for i = 5, #ARGV do looked[ARGV[i]] = false end
local function old(index)
  return redis.call('ZRANGEBYSCORE', index, '-inf', before, 'LIMIT', 0, longest)
end
local function forget(index, run)
  redis.call('ZREM', index, run)
  gone[#gone + 1] = run
end
local function standing(list)
  if looked[list] == nil then
    looked[list] = redis.call('LLEN', prefix .. list) <= longest
    if looked[list] then
      for _, run in ipairs(redis.call('LRANGE', prefix .. list, 0, -1)) do there[run] = true end
    end
  end
  return looked[list]
end

for _, place in ipairs(sure(prefix, 'SMEMBERS', KEYS[2])) do
  local site, queue = string.match(place, '(.*)|(.*)')
  local index, line = prefix .. 'jobs:' .. place .. '|', ARGV[4] ~= '' and ARGV[4] .. place or queue
  if line ~= queue and redis.call('EXISTS', prefix .. line) == 1
    and not redis.pcall('ZSCORE', prefix .. 'turns:' .. queue, site) then
    rank(prefix, place, true, true)  -- a worker of older versions gave back into an empty line
    ring(prefix, prefix .. line)
  end
  local waiting = old(index .. 'queued')
  if #waiting > 0 and standing(queue) and standing(line) then
    for i = #waiting, 1, -1 do  -- the oldest is put back last, and so comes first
      local run = waiting[i]
      local counter = redis.call('HGET', prefix .. 'job:' .. run, 'parked')
      if counter and redis.call('ZSCORE', prefix .. 'kept:' .. counter, run) then
        there[run] = true
        local transaction = string.match(counter, '^commit:(.*)$')
        if transaction then redis.call('ZADD', prefix .. 'commit:open', 'NX', now, transaction)
        else redis.call('ZADD', prefix .. 'parkings', 'NX', 0, counter) end
      end
      if not there[run] and redis.call('EXISTS', prefix .. 'job:' .. run) == 1 then
        redis.call('HDEL', prefix .. 'job:' .. run, 'parked')
        give_back(prefix, prefix .. line, run)
        back[#back + 1] = run
      elseif not there[run] then forget(index .. 'queued', run) end
    end
  end
  if redis.call('EXISTS', index .. 'deferred') == 1 then deferred[#deferred + 1] = place end
  for _, run in ipairs(old(index .. 'scheduled')) do
    if redis.call('EXISTS', prefix .. 'job:' .. run) == 0 then forget(index .. 'scheduled', run)
    elseif not redis.call('ZSCORE', KEYS[3], run) then
      redis.call('ZADD', KEYS[3], now, run)
      back[#back + 1] = run
    end
  end
  for _, run in ipairs(old(index .. 'started')) do
    if redis.call('EXISTS', prefix .. 'job:' .. run) == 0 then forget(index .. 'started', run)
    elseif not there[run] and of_a_worker(prefix, run) then
      local list = redis.call('SISMEMBER', KEYS[4], run) == 1 and started or suspects
      list[#list + 1] = run
    end
  end
end
redis.call('DEL', KEYS[4])
for _, run in ipairs(suspects) do redis.call('SADD', KEYS[4], run) end
return {back, started, deferred, gone}
