-- function (prefix, run, place)
-- Take a run that waits out of its list: its site's lane in its queue, else the queue's own list. In a
-- long one it stays, as long as others wait there too: whoever takes the next passes over it.
-- prefix; run; place: 'site|queue'. Where nothing waits any more there are no turns.
local site, queue = string.match(place, '^(.*)|(.*)$')
for _, one in ipairs({{'line:' .. place, site}, {queue, ''}}) do
  local list = prefix .. one[1]
  if redis.call('LLEN', list) > 1000 then return end
  if redis.call('LREM', list, -1, run) > 0 then
    if redis.call('EXISTS', list) == 0 then redis.pcall('ZREM', prefix .. 'turns:' .. queue, one[2]) end
    return
  end
end
