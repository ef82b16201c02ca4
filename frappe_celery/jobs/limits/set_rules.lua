-- Limits or pauses are set, or dropped. What runs already counts, what is kept back is looked at.
-- KEYS: their hash
-- ARGV: prefix, what the names of lanes begin with, then field, value ('' : drop) …
local prefix, patterns = ARGV[1], ARGV[1] .. 'patterns'
for i = 3, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
  else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
local time, pauses = redis.call('TIME')[1], redis.call('HGETALL', prefix .. 'pauses')
for i = 1, #pauses, 2 do  -- those that are over
  local ends = tonumber(pauses[i + 1]) or 0
  if ends >= 0 and ends < tonumber(time) then redis.call('HDEL', prefix .. 'pauses', pauses[i]) end
end
redis.call('DEL', patterns)
for _, hash in ipairs({'rules', 'rules:configured', 'pauses'}) do
  for _, target in ipairs(redis.call('HKEYS', prefix .. hash)) do
    if string.find(target, '*', 1, true) then redis.call('SADD', patterns, target) end
  end
end
for _, counter in ipairs(redis.call('ZRANGE', prefix .. 'parkings', 0, -1)) do
  redis.call('ZADD', prefix .. 'parkings', 0, counter)
end
local these = rules(prefix, ARGV[2])
for _, place in ipairs(sure(prefix, 'SMEMBERS', prefix .. 'places')) do
  if these then
    for _, run in ipairs(redis.call('ZRANGE', prefix .. 'jobs:' .. place .. '|started', 0, -1)) do
      these.begins(run, place, true)
    end
  end
  if redis.call('ZCARD', prefix .. 'jobs:' .. place .. '|queued') > 0 then
    ring(prefix, prefix .. string.match(place, '|(.*)$'))
  end
end
return 1
