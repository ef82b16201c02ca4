-- KEYS: consumers. ARGV: prefix. Returns JSON: the time, what consumers hold.
local prefix, held = ARGV[1], {}
local time = redis.call('TIME')
local consumers = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #consumers, 2 do
  for _, value in ipairs(redis.call('HVALS', prefix .. 'inflight:' .. consumers[i])) do
    local split = string.find(value, '\n', 1, true)
    local token = string.sub(value, split + 1)
    if string.byte(token) ~= 123 then  -- '{': some other Celery task
      local status = redis.call('HGET', prefix .. 'job:' .. token, 'status')
      local queue = string.sub(value, #prefix + 1, split - 1)
      held[#held + 1] = {consumers[i], consumers[i + 1], token, queue, status or ''}
    end
  end
end
return cjson.encode({time[1] .. '.' .. string.format('%06d', time[2]), held})
