-- The newest recorded run that an id can mean.
-- KEYS: ids
-- ARGV: prefix, the run whose own id it may be, '1': of the job alone that began with that run,
--       field that every record has, more fields …
-- Returns {run, values}, or false.
local prefix, own, newest = ARGV[1], ARGV[2], nil
local asked = string.sub(KEYS[1], #prefix + #'id:' + 1)
if ARGV[3] == '1' then
  newest = line_now(prefix, asked, own)
else
  for _, run in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
    local id, following = unpack(redis.call('HMGET', prefix .. 'job:' .. run, 'id', 'following'))
    newest = newest or id and not following and run
  end
  if not newest and is_own_id(prefix, own, asked) then
    local id, first = unpack(redis.call('HMGET', prefix .. 'job:' .. own, 'id', 'first_run'))
    newest = id and line_now(prefix, id, first or own)
  end
end
return newest and {newest, redis.call('HMGET', prefix .. 'job:' .. newest, unpack(ARGV, 4))}
