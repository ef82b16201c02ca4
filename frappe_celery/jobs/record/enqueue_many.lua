-- Enqueue some of many, one after the other, each as `enqueue.lua` does.
-- KEYS: index of their first status, the list that they wait in
-- ARGV: prefix, place, queue, about, and with the first of a call, where the number that may wait is
--       limited, a JSON object ('' : it is not):
--         most: that may wait; number: how many come; deferred: of a batch, how many of them wait
--         for more than its end
--       what else is asked, as `enqueue.lua` takes it, of those without an id of their own, and of
--       those with one; the runs, as a JSON list of run, now, id and whether that is its own; then
--       their messages
-- Returns 'overloaded' and how many wait, or 'enqueued', the server's time where theirs is not that
-- ('' : it is), and of each that was not simply enqueued: which one, what became of it, and why.
local prefix, place, queue, about, quota = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local runs = cjson.decode(ARGV[8])

local records, are_plain = {}, ARGV[6] == ''
for which, each in ipairs(runs) do
  records[which], are_plain = prefix .. 'job:' .. each[1], are_plain and not each[4]
end
local are_new = redis.call('EXISTS', unpack(records)) == 0  -- else it is our own retry

if quota ~= '' and are_new then
  quota = cjson.decode(quota)
  local index = quota.deferred and prefix .. 'jobs:' .. place .. '|queued' or KEYS[1]
  local there, most = redis.call('ZCARD', index), tonumber(quota.most)
  if there + quota.number > most then return {'overloaded', there} end
  local deferred = tonumber(quota.deferred or 0)
  local waiting = deferred > 0 and redis.call('ZCARD', KEYS[1]) or 0
  if waiting + deferred > most then return {'overloaded', waiting} end
end

local time, others, scores, pushed = '', {}, {}, {}
for which, each in ipairs(runs) do
  local run, now, id, own_id = unpack(each)
  if which > 1 and are_plain and are_new then  -- as the first, but indexed and pushed together
    write_record(records[which], id, place, about, ARGV[8 + which], 'queued', now)
    scores[#scores + 1], scores[#scores + 2], pushed[#pushed + 1] = now, run, run
  else
    local asked = own_id and ARGV[7] or ARGV[6]
    local answer = enqueue(
      {records[which], KEYS[1], KEYS[2]},
      {prefix, run, place, now, queue, id, about, ARGV[8 + which], asked, which - 1}
    )
    if answer[1] ~= 'enqueued' or answer[2] ~= run then
      others[#others + 1] = {which - 1, answer[1], answer[2]}
    end
    time = answer[3] or time
  end
end
if pushed[1] then
  redis.call('ZADD', KEYS[1], unpack(scores))
  redis.call('LPUSH', KEYS[2], unpack(pushed))
end
return {'enqueued', time, others}
