-- A job that waits gets other arguments, and perhaps another time, but none after its latest.
-- KEYS: record
-- ARGV: prefix, run, message, when it enters its queue ('' : as it is)
-- Returns 1; 0: it does not wait any more.
local prefix, run, at = ARGV[1], ARGV[2], tonumber(ARGV[4])
local status, by = unpack(redis.call('HMGET', KEYS[1], 'status', 'by'))
if status ~= 'scheduled' and (at or (status ~= 'queued' and status ~= 'deferred')) then return 0 end
redis.call('HSET', KEYS[1], 'message', ARGV[3])
redis.call('HDEL', KEYS[1], 'resumes', 'progress')
if at then
  at = math.min(at, tonumber(by) or at)
  redis.call('ZADD', prefix .. 'scheduled', 'XX', string.format('%.6f', at), run)
end
return 1
