-- Whether there is a mail to send, and nobody sends: then the caller is to, and holds the lease.
-- A kind of which nothing more came until its next mail was due is forgotten.
-- ARGV: prefix, now, token of the caller, milliseconds that its lease lasts
local prefix, now = ARGV[1], tonumber(ARGV[2])
local due, lease = prefix .. 'mail:due', prefix .. 'mail:lease'
if redis.call('EXISTS', lease) == 1 then return 0 end
if tonumber(redis.call('HGET', prefix .. 'mail:trouble', 'until') or 0) > now then return 0 end
local found = redis.call('LLEN', prefix .. 'mail:outbox') > 0
for _, kind in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now)) do
  if redis.call('EXISTS', prefix .. 'mail:kind:' .. kind) == 1 then
    found = true
  else
    redis.call('ZREM', due, kind)
  end
end
if found then redis.call('SET', lease, ARGV[3], 'PX', ARGV[4]) end
return found and 1 or 0
