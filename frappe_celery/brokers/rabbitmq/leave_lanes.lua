-- Runs that waited in lanes of their sites, since Redis was the broker, go where they are sent from.
-- KEYS: none; ARGV: prefix, what the names of lanes begin with, most that go at once, queues …
local prefix, lane, left = ARGV[1], ARGV[2], tonumber(ARGV[3])
for i = 4, #ARGV do
  local queue = ARGV[i]
  local turns = prefix .. 'turns:' .. queue
  for _, site in ipairs(redis.pcall('ZRANGE', turns, 0, -1)) do
    local from = prefix .. lane .. site .. '|' .. queue
    while left > 0 do
      local run = redis.call('RPOP', from)
      if not run then break end
      redis.call('LPUSH', prefix .. queue, run)
      left = left - 1
    end
    if site ~= '' and redis.call('EXISTS', from) == 0 then redis.call('ZREM', turns, site) end
  end
end
return 1
