-- function (KEYS, ARGV)
-- Count a failure that will be mailed: the first of its kind is due at once, others with the next.
-- What a storm repeats costs two commands.
-- ARGV: prefix, kind, now, site, run ('' : no job), field, value … (told besides what the record has)
local prefix, kind, now, site, run = ARGV[1], ARGV[2], ARGV[3], 'site ' .. ARGV[4], ARGV[5]
local due, told = prefix .. 'mail:due', prefix .. 'mail:kind:' .. kind
local first = redis.call('HINCRBY', told, site, 1) == 1 and redis.call('HLEN', told) == 1
if first and not redis.call('ZSCORE', due, kind) and redis.call('ZCARD', due) >= 500 then
  redis.call('DEL', told)
  kind, told = 'others', prefix .. 'mail:kind:others'
  redis.call('HINCRBY', told, site, 1)
  first = redis.call('HLEN', told) == 1
end
redis.call('HSET', told, 'last_at', now, 'last_run', run)
if not first then return 1 end

redis.call('ZADD', due, 'NX', now, kind)
local record = redis.call('HMGET', prefix .. 'job:' .. run, 'id', 'place', 'about', 'enqueued_at',
  'started_at', 'worker', 'exc_info', 'message')
if record[1] then
  local about, why, message = cjson.decode(record[3]), record[7] or '', record[8]
  -- what is encrypted, and begins with a zero, can be read whole only
  if #why > 16384 and string.byte(why) ~= 0 then why = string.sub(why, -16384) end
  redis.call('HSET', told, 'id', record[1], 'queue', string.match(record[2], '|(.*)'),
    'user', about[1] ~= cjson.null and about[1] or '', 'method', about[2],
    'enqueued_at', record[4], 'started_at', record[5] or '',
    'worker', record[6] or '', 'exc_info', why,
    'message', message and #message <= 16384 and message or '')
end
redis.call('HSET', told, 'kind', kind, 'first_at', now, 'run', run, 'site', ARGV[4],
  unpack(ARGV, 6))
return 1
