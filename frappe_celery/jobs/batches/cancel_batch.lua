-- function (prefix, batch, reason)
-- A batch that was not made whole, or that is forgotten: what waits for it is canceled.
-- prefix; batch; why
local lines = {}
for _, line in ipairs({'made', 'ended', 'finished'}) do end_line(prefix, batch, line, lines, reason) end
note_ended(prefix, lines)
