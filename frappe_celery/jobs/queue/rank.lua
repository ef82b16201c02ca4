-- function (prefix, place, moves, joins)
-- When a site's lane has its turn in a queue: who occupies fewest whole shares of processes is first,
-- among equals who was served the longest ago, counted in turns of which a share of 2 costs half.
-- prefix; place: 'site|queue' ('|queue' : the queue's own list); whether it moves behind the turn
-- that was served last; whether it is to get turns if it has none
local site, queue = string.match(place, '^(.*)|(.*)$')
if not queue then return end  -- of a record that somebody altered
local turns, level = prefix .. 'turns:' .. queue, 2 ^ 34
local others = redis.pcall('ZCARD', turns)
if type(others) == 'table' then return end  -- no turns: `pick.lua` puts that aside
if others < 2 and not joins then return end  -- alone it is first, whatever its turn
if others == 0 then
  redis.call('ZADD', turns, 0, site)
  return
end
local score = redis.call('ZSCORE', turns, site)
if not score and not joins then return end
-- nothing from here on raises, whatever it reads: a run that was pushed before would never get a turn
local share = tonumber(redis.pcall('HGET', prefix .. 'shares', site)) or 1
if not (share > 0) then share = 1 end
local turn
if moves then
  turn = (tonumber(redis.pcall('HGET', prefix .. 'turn', queue)) or 0) + 1 / share
  if not score then  -- before those that come after it in the same turn
    local comes = tonumber(redis.pcall('HINCRBY', prefix .. 'turn', '|' .. queue, 1)) or 0
    turn = turn + comes % 1024 / 2 ^ 13  -- exact while a site occupies fewer than 64
  end
else
  turn = score % level
end
if not (turn < level) then turn = 0 end
local alone = others == 1 and not score and redis.call('ZRANGE', turns, 0, 0)[1]  -- until now
local running = tonumber(redis.pcall('ZCARD', prefix .. 'jobs:' .. place .. '|started')) or 0
local occupied = math.floor(running / share)
redis.call('ZADD', turns, string.format('%.17g', occupied * level + turn), site)
if alone then rank(prefix, alone .. '|' .. queue, true) end
