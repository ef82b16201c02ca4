-- Hand the scheduled runs whose time has come to their queues, the earliest first.
-- KEYS: scheduled
-- ARGV: prefix, most of them at once, 'line:' where runs wait in lines of their sites ('' : not)
-- Returns for how many seconds there is nothing more to do ('' : nothing is scheduled), then the runs
-- that limits let go.
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
for _, run in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])) do
  local record = prefix .. 'job:' .. run
  local found = redis.call('HMGET', record, 'status', 'place', 'front')
  if found[1] == 'scheduled' then  -- else canceled or deleted
    local index, queue = prefix .. 'jobs:' .. found[2] .. '|', string.match(found[2], '|(.*)')
    redis.call('HSET', record, 'status', 'queued')
    redis.call('ZREM', index .. 'scheduled', run)
    redis.call('ZADD', index .. 'queued', now, run)
    local list = prefix .. (ARGV[3] ~= '' and ARGV[3] .. found[2] or queue)
    put(prefix, list, run, found[3])
    ring(prefix, list)
  end
  redis.call('ZREM', KEYS[1], run)
end
local these = rules(prefix, ARGV[3])
local gone = these and these.lets_go() or {}
if gone[1] then return {'0.05', unpack(gone)} end  -- and perhaps more of them
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
if not next[1] then return {''} end
return {tostring(math.max(0, tonumber(next[2]) - now))}
