-- How much there is to tell now: what is unsent; where nothing is, each kind of failures whose mail is due
-- becomes unsent, and is due again later. One of which nothing more came until then is forgotten.
-- ARGV: what begins the keys' names, now, seconds until a kind's next mail, what begins a mail's id
local at, now = ARGV[1], tonumber(ARGV[2])
if tonumber(redis.call('HGET', at .. 'retry', 'until') or 0) > now then return 0 end
local found = redis.call('LLEN', at .. 'outbox')
if found > 0 then return found end
for number, kind in ipairs(redis.call('ZRANGEBYSCORE', at .. 'due', '-inf', now)) do
  local told, id = at .. 'kind:' .. kind, ARGV[4] .. '-' .. number
  if redis.call('EXISTS', told) == 1 then
    redis.call('RENAME', told, at .. 'letter:' .. id)
    redis.call('LPUSH', at .. 'outbox', id)
    redis.call('ZADD', at .. 'due', now + tonumber(ARGV[3]), kind)
    found = found + 1
  else
    redis.call('ZREM', at .. 'due', kind)
  end
end
return found
