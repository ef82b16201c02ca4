-- function (prefix, run, following, is_news)
-- A run that has ended is followed by another: an attempt of its job, which that run is now. It stands
-- in no index of jobs; of a job's attempts the first and the newest 19 are kept, without what was sent
-- and returned.
-- prefix; run; the one that follows it; whether it is to be told of for an hour as one that failed
local record = prefix .. 'job:' .. run
local id, place, status, first, at, ended_at = unpack(redis.call('HMGET', record,
  'id', 'place', 'status', 'first_run', 'enqueued_at', 'ended_at'))
first = first or run
redis.call('ZREM', prefix .. 'jobs:' .. place .. '|' .. status, run)
redis.call('ZREM', prefix .. 'expiring', place .. '|' .. status .. '\n' .. run)
redis.call('ZREM', prefix .. 'id:' .. id, run)
redis.call('HSET', record, 'following', following)
redis.call('HDEL', record, 'message', 'result', 'meta', 'keep', 'needed', 'depends_on', 'batch',
  'canceled_by', 'canceled_ttl', 'list', 'after')
if is_news then
  local tried = prefix .. 'jobs:' .. place .. '|attempt'
  redis.call('ZADD', tried, ended_at, run)
  redis.call('ZREMRANGEBYSCORE', tried, '-inf', redis.call('TIME')[1] - 3600)
  redis.call('EXPIRE', tried, 3600)
end
local attempts = prefix .. 'attempts:' .. first
redis.call('ZADD', attempts, at, run)
if redis.call('ZCARD', attempts) > 20 then
  local surplus = redis.call('ZRANGE', attempts, 1, 1)[1]
  redis.call('ZREM', attempts, surplus)
  redis.call('DEL', prefix .. 'job:' .. surplus)
end
local newest = line_now(prefix, id, first)
keep_attempts(prefix, first, newest and redis.call('TTL', prefix .. 'job:' .. newest) or 3600)
