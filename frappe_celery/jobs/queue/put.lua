-- function (prefix, list, runs, first)
-- Put runs into the list that they wait in.
-- prefix; list: their site's lane, else the queue's own list; runs; whether they go first
-- Returns how many wait there.
local waiting = redis.call(first and 'RPUSH' or 'LPUSH', list, unpack(runs))
local lane = prefix .. 'line:'
if waiting == #runs and string.sub(list, 1, #lane) == lane then
  rank(prefix, string.sub(list, #lane + 1), true, true)
end
return waiting
