-- Move what is told of a kind whose mail is due to the unsent, where it stays until it was sent.
-- ARGV: prefix, now, token of the sender, seconds until the kind's next mail, id of the mail
-- Returns whether there was one; 0 too once another process holds the lease.
local prefix, now = ARGV[1], tonumber(ARGV[2])
local due = prefix .. 'mail:due'
if redis.call('GET', prefix .. 'mail:lease') ~= ARGV[3] then return 0 end
for _, kind in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now)) do
  local told = prefix .. 'mail:kind:' .. kind
  if redis.call('EXISTS', told) == 1 then
    redis.call('RENAME', told, prefix .. 'mail:letter:' .. ARGV[5])
    redis.call('LPUSH', prefix .. 'mail:outbox', ARGV[5])
    redis.call('ZADD', due, now + tonumber(ARGV[4]), kind)
    return 1
  end
  redis.call('ZREM', due, kind)
end
return 0
