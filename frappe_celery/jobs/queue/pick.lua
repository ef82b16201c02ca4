-- function (prefix, key, these, own_too)
-- The next of a queue's runs: of the site whose turn it is, the one that waited longest. What older
-- callers put into the queue's own list is a line too; another Celery task's message ('{…'), which who
-- has not this package puts there, goes where workers' parents take it.
-- prefix; key of the queue's own list; rules (`rules.lua`), if there are any; whether that list is
-- looked at too
-- Returns list that it was in (nothing: none was found), run, {status, place, message}; if others wait
-- too, the place whose turn that was, which is to be ranked behind them; and whether more wait in this
-- queue, where none was found: after what was canceled or kept back, of which no more is passed over now.
local queue = string.sub(key, #prefix + 1)
local turns = prefix .. 'turns:' .. queue
if these and these.queue_waits(queue) then return end
if own_too and redis.call('EXISTS', key) == 1 and not redis.pcall('ZSCORE', turns, '') then
  rank(prefix, '|' .. queue, true, true)
end
for _ = 1, 200 do
  local head, are_new = sure(prefix, 'ZRANGE', turns, 0, 1, 'WITHSCORES')
  for _, place in ipairs(are_new and redis.call('SMEMBERS', prefix .. 'places') or {}) do
    local site, its = string.match(place, '^(.*)|(.*)$')
    local waits = its == queue and redis.call('EXISTS', prefix .. 'line:' .. place) == 1
    if waits then redis.call('ZADD', turns, 0, site) end
  end
  if are_new then head = redis.call('ZRANGE', turns, 0, 1, 'WITHSCORES') end
  if not head[1] then return end
  local place = head[1] .. '|' .. queue
  local list = head[1] == '' and key or prefix .. 'line:' .. place
  local token = redis.pcall('RPOP', list)
  if not token or token.err then  -- empty, or no list: the others are served
    redis.call('ZREM', turns, head[1])
  elseif head[1] == '' and string.byte(token) == 123 then
    redis.call('LPUSH', prefix .. 'whole:' .. queue, token)
    ring(prefix, prefix .. 'whole:' .. queue)
  else
    local _, found = may_begin(prefix, place, token, these)
    if found then  -- else canceled, deleted or running: it is spent
      local more = redis.call('EXISTS', list) == 1
      if not more then redis.call('ZREM', turns, head[1]) end
      if not head[3] then return list, token, found, nil, more end
      redis.call('HSET', prefix .. 'turn', queue, string.format('%.17g', head[2] % 2 ^ 34))
      return list, token, found, place, true
    end
    if these and these.kept >= 100 then break end
  end
end
return nil, nil, nil, nil, true
