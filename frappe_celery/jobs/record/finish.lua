-- function (KEYS, ARGV)
-- A run ends, and with it perhaps what others wait for: as `ends.lua`.
-- Returns the same status; and the runs that entered their queues since it has ended.
local status, lines = ends(KEYS, ARGV)
return status, lines[1] and settle(ARGV[1], ARGV[3], lines) or {}
