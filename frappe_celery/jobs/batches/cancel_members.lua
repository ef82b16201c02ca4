-- Cancel those of a batch's jobs that wait, some of them in each step.
-- ARGV: prefix, batch, cursor ('0' : begin), now, seconds that they are kept, field and value of why
-- Returns the next cursor ('0' : through), and how many these were.
local prefix, batch, number = ARGV[1], ARGV[2], 0
local next, some = unpack(redis.call('HSCAN', prefix .. 'batch:' .. batch .. ':members', ARGV[3], 'COUNT', 30))
for i = 1, #some, 2 do
  local outcome, id = string.match(some[i + 1], '^(%S+) (.*)$')
  local run, status
  if outcome == 'going' then run, status = line_now(prefix, id, some[i]) end
  if status == 'queued' or status == 'scheduled' or status == 'deferred' then
    local _, ended = ends({prefix .. 'job:' .. run}, {prefix, run, ARGV[4], status, 'canceled', ARGV[5], '0',
      'result_ttl', '', ARGV[6], ARGV[7]})
    note_ended(prefix, ended)
    number = number + 1
  end
end
return {next, number}
