-- Ghosts, for people: what `settle_ghosts.lua` settles, is named here before it is old enough for that.
-- KEYS: consumers. ARGV: prefix, longest queue to look through, then queue, its places as JSON, '1'
-- where more of it may wait in a broker that cannot be looked through …
-- Returns JSON: runs in no queue, kept back by nothing and in nobody's hands, and how many more
-- there must be.
local prefix, most = ARGV[1], tonumber(ARGV[2])
local held, waits, runs, more = in_hands(prefix, KEYS[1]), {}, {}, 0
for run, list in pairs(held) do
  local queue = string.match(string.sub(list, #prefix + 1), '[^|]*$')
  if redis.call('HGET', prefix .. 'job:' .. run, 'status') == 'queued' then
    waits[queue] = (waits[queue] or 0) + 1
  end
end
for i = 3, #ARGV, 3 do
  local queue, standing, queued = ARGV[i], {}, 0
  local places, lists, length = cjson.decode(ARGV[i + 1]), {prefix .. queue}, 0
  local is_hidden = ARGV[i + 2] == '1'
  for _, place in ipairs(places) do lists[#lists + 1] = prefix .. 'line:' .. place end
  for _, list in ipairs(lists) do length = length + redis.call('LLEN', list) end
  for _, list in ipairs(length <= most and lists or {}) do
    for _, run in ipairs(redis.call('LRANGE', list, 0, -1)) do standing[run] = true end
  end
  local function look(key, is_lost)
    for _, run in ipairs(redis.call('ZRANGE', key, 0, most - 1)) do
      if not held[run] and not standing[run] and #runs < 1000 and is_lost(run) then
        runs[#runs + 1] = run
      end
    end
  end
  for _, place in ipairs(places) do
    local index = prefix .. 'jobs:' .. place .. '|'
    look(index .. 'started', function(run) return of_a_worker(prefix, run) end)
    if length <= most and not is_hidden then
      look(index .. 'queued', function(run) return not kept_back(prefix, run) end)
    end
    queued = queued + redis.call('ZCARD', index .. 'queued')
  end
  if length > most and not is_hidden then
    more = more + math.max(0, queued - length - (waits[queue] or 0))
  end
end
for name, kind in pairs({parkings = '', ['commit:open'] = 'commit:'}) do
  for _, counter in ipairs(more > 0 and redis.call('ZRANGE', prefix .. name, 0, -1) or {}) do
    more = math.max(0, more - redis.call('ZCARD', prefix .. 'kept:' .. kind .. counter))
  end
end
return cjson.encode({#runs > 0 and runs or '', more})
