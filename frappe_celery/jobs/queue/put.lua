-- function (prefix, list, run, first)
-- Put a run into the list that it waits in.
-- prefix; list: its site's line, else the queue's own list; run; whether it goes first
-- Returns how many wait there.
local waiting = redis.call(first and 'RPUSH' or 'LPUSH', list, run)
local line = prefix .. 'line:'
if waiting == 1 and string.sub(list, 1, #line) == line then
  rank(prefix, string.sub(list, #line + 1), true, true)
end
return waiting
