-- function (prefix, place, now, asked)
-- Whether a batch takes a new job of its own, or another run of one; the first one begins it.
-- prefix; 'site|queue'; now; what is asked of `enqueue.lua`
-- Returns why it does not.
local batch = asked.batch
local key, about = prefix .. 'batch:' .. batch, 'batch ' .. batch
local status, going = unpack(redis.call('HMGET', key, 'status', 'going'))
if asked.first_run then
  return status == 'making' and about .. ' is not whole yet' or nil
end
if not asked.number then  -- one of its jobs adds it
  if status == 'making' then return about .. ' is not whole yet' end
  if status and status ~= 'canceled' and tonumber(going or 0) > 0 then return end
  return about .. (status and ' was ' .. status or ' was never enqueued, or is forgotten')
end
if status == 'canceled' then return about .. ' was canceled' end
if not status then
  redis.call('HSET', key, 'status', 'making', 'site', string.match(place, '[^|]*'),
    'title', asked.title, 'number', asked.number, 'begun_at', now)
  redis.call('ZADD', prefix .. 'batches', now, batch)
  redis.call('ZADD', prefix .. 'batches:tending', redis.call('TIME')[1], batch)
  for _, line in ipairs({'made', 'ended', 'finished'}) do
    redis.call('HSET', prefix .. 'job:' .. batch .. '/' .. line, 'status', 'started', 'id', about)
  end
end
if (status or 'making') == 'making' then
  redis.call('HSET', key, asked.outbox and 'relayed_at' or 'alive_at', redis.call('TIME')[1])
end
