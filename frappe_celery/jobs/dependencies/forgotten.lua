-- Find runs that wait for jobs that have ended or are gone, unnoticed: the broker lost a part of its
-- data. They are settled with the next that are promoted.
-- KEYS: index of a place's deferred runs
-- ARGV: prefix, since when they wait at least, how many have been looked at
-- Returns how many have been looked at now (0: all), then the forgotten ones.
local prefix, looked, left = ARGV[1], tonumber(ARGV[3]), 500
local runs = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'LIMIT', looked, 200)
local found, waiting = {}, 0
for _, run in ipairs(runs) do
  if left <= 0 then break end
  local record, awaits = prefix .. 'job:' .. run, prefix .. 'awaits:' .. run
  local depends_on, forgotten = redis.call('HGET', record, 'depends_on'), false
  if not depends_on then
    redis.call('ZREM', KEYS[1], run)
    redis.call('DEL', awaits)
  else
    waiting = waiting + 1
    for _, one in ipairs(cjson.decode(depends_on)) do
      left = left - 1
      local first, noted = one[1], one[1] .. '\n' .. one[2]
      if redis.call('ZSCORE', awaits, first) then
        local newest, status = line_now(prefix, one[2], first)
        redis.call('ZADD', prefix .. 'dependants:' .. first, 'NX', ARGV[2], run)
        if not is_over(status) then redis.call('HSET', prefix .. 'job:' .. newest, 'needed', first)
        elseif redis.call('ZADD', prefix .. 'settling', 'NX', ARGV[2], noted) == 1 then
          forgotten = true
        end
      end
    end
    if redis.call('EXISTS', awaits) == 0 then
      enter(prefix, run, 'deferred', ARGV[2])
      waiting, forgotten = waiting - 1, true
    end
    if forgotten then found[#found + 1] = run end
  end
end
return {#runs > 0 and looked + waiting or 0, unpack(found)}
