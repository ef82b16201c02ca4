-- function (KEYS, ARGV)
-- A transaction has ended, or runs that were enqueued in it have waited for its end long enough: they
-- enter their queues, in the order in which they were enqueued.
-- ARGV: prefix, what the names of lanes begin with, transaction, most at once, those that wait until then
--       at most (nothing: all)
-- Returns them.
local prefix, lined, transaction = ARGV[1], ARGV[2], ARGV[3]
local kept, latest = prefix .. 'kept:commit:' .. transaction, ARGV[5] or '+inf'
local waited = redis.call('ZRANGEBYSCORE', kept, '-inf', latest, 'LIMIT', 0, ARGV[4])
local gone = {}
for _, run in ipairs(waited) do
  local record = prefix .. 'job:' .. run
  local found = redis.call('HMGET', record, 'status', 'place', 'front', 'parked')
  if found[1] == 'queued' and found[4] == 'commit:' .. transaction then
    redis.call('HDEL', record, 'parked')
    local list = prefix .. (lined ~= '' and lined .. found[2] or string.match(found[2], '|(.*)$'))
    put(prefix, list, {run}, found[3])
    ring(prefix, list)
    gone[#gone + 1] = run
  end
  redis.call('ZREM', kept, run)
end
local left = redis.call('ZRANGE', kept, 0, 0, 'WITHSCORES')
if left[1] then redis.call('ZADD', prefix .. 'commit:open', left[2], transaction)
else redis.call('ZREM', prefix .. 'commit:open', transaction) end
return gone
