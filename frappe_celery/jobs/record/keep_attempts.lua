-- function (prefix, first, keep)
-- A job's attempts are kept as long as the record of its newest run.
-- prefix; its first run; seconds (0: they go; below 0: there is no end to that, and so for a year: an
-- older worker that ends it would not say for how long)
local attempts = prefix .. 'attempts:' .. first
local runs = redis.call('ZRANGE', attempts, 0, -1)
if keep < 0 then keep = 31622400 end
for _, run in ipairs(runs) do
  local record = prefix .. 'job:' .. run
  local status = keep == 0 and redis.call('HGET', record, 'status')
  if status then redis.call('SET', prefix .. 'spent:' .. run, status, 'EX', 3600) end
  redis.call('EXPIRE', record, keep)
end
redis.call('EXPIRE', attempts, keep)
