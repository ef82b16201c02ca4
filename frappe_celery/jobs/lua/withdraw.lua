-- Take a run that waits out of its list: its site's line in its queue, else the queue's own list.
-- prefix; run; place: 'site|queue'. Where nothing waits any more there are no turns.
local site, queue = string.match(place, '^(.*)|(.*)$')
for list, member in pairs({['line:' .. place] = site, [queue] = ''}) do
  if redis.call('LREM', prefix .. list, -1, run) > 0 and redis.call('EXISTS', prefix .. list) == 0 then
    redis.call('ZREM', prefix .. 'turns:' .. queue, member)
  end
end
