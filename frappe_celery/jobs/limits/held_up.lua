-- The queues that a limit or a pause of their own holds up, whose runs stay in their lines.
-- ARGV: prefix, what begins the names of lines, queues …
local these, found = rules(ARGV[1], ARGV[2]), {}
for i = 3, these and #ARGV or 0 do
  if these.queue_waits(ARGV[i]) then found[#found + 1] = ARGV[i] end
end
return found
