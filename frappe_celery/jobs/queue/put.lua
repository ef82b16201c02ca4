-- function (prefix, list, first, ...)
-- Put runs into the list that they wait in.
-- prefix; list: their site's line, else the queue's own list; whether they go first; the runs
-- Returns how many wait there.
local waiting = redis.call(first and 'RPUSH' or 'LPUSH', list, ...)
local line = prefix .. 'line:'
if waiting == select('#', ...) and string.sub(list, 1, #line) == line then
  rank(prefix, string.sub(list, #line + 1), true, true)
end
return waiting
