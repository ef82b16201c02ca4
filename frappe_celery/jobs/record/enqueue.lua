-- function (KEYS, ARGV)
-- Some runs of one call, each: deduplicate, claim, write the record, index it, push it, wake the
-- workers; all or nothing.
-- KEYS: index of their first status, the list that they wait in: their site's lane in the queue where
--       workers take it from Redis, else the queue's own
-- ARGV: prefix, place, about, and what else is asked as a JSON object ('' : nothing, as for most
--       jobs; texts, since Lua would round numbers):
--         deduplicate: do nothing while a run with its id is not over;
--         front: 1, or the number waiting from which it goes first; -1: into no queue;
--         at_most: that may wait; coming: how many of its call come (nothing: one); to_defer: of a batch,
--         how many of them wait for more than its end, and the others in the queue
--         at: when it enters its queue; after: the run that no process must have
--         then; result_ttl, failure_ttl: seconds that
--         its record is kept once it has finished or failed;
--         due, key: of a schedule entry; since: the first due time that it stands
--         for; fence: of the scheduler that must lead; skip: why it is only noted; method: its;
--         routes: the number that those which led here must have
--         limit_key: what a limit counts it under; first_run: that its job began with
--         transaction: that of its caller, which has written; commit_wait: for how many seconds it
--         waits for that to end
--         depends_on: JSON of the jobs that it waits for, {first run, id, 1 if it may fail, else 0}
--         each; of a run that follows one those that its job waited for; canceled_ttl: seconds that
--         its record is kept if one of them cancels it; brings_back: what the failure of its job has
--         canceled comes back once it has finished
--         requeued: the run that it follows, which has ended; error: of that, in place of its own
--         outbox: the marks of those that its site's outbox has enqueued
--         unique: the key of one of many; unique_way: unique_for (with its seconds), debounce or
--         keep_newest; by: when it enters its queue at the latest; follows: the job, by its first run,
--         that it is known to wait for
--         batch: that it belongs to; of one that is enqueued with it also number: how many are, title:
--         its, role: of a callback
--       then of each run: itself, now, id, message
-- In a bench with routes a job of RQ's with this id is a duplicate as one of ours is, and a due time
-- is acted on only while the schedule is beat's.
-- Returns the server's time where the caller's differs, an old row of an outbox's or a clock's ('' : it
-- does not), and of each that was not simply enqueued: which one, from 0; 'duplicate', 'skipped',
-- 'claimed', 'deposed', 'rerouted', 'relayed', 'stands', 'runs', 'unknown', 'closed' or 'overloaded'; and
-- the run that stands in the way or waits in its place, the job that runs (first run, newline, id), the id
-- of the unknown one that it depends on, why its batch does not take it, or how many wait; or 'enqueued',
-- 'first' where it goes before those that wait.
local prefix, place, others, are_new, status = ARGV[1], ARGV[2], {''}, nil, 'queued'
local asked, which_ones, runs, scores
if ARGV[4] ~= '' then
  asked, which_ones = cjson.decode(ARGV[4]), {}
  status = asked.at and 'scheduled' or asked.depends_on and not asked.first_run and 'deferred' or status
end
if ARGV[9] then  -- of many it is found out at once
  local records = {}
  for i = 5, #ARGV, 4 do records[#records + 1] = prefix .. 'job:' .. ARGV[i] end
  are_new = redis.call('EXISTS', unpack(records)) == 0
end
for i = 5, #ARGV, 4 do
  local run, now, id = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local record = prefix .. 'job:' .. run
  if are_new or redis.call('EXISTS', record) == 0 then  -- else it is our own retry
    local outcome, why
    if asked then outcome, why = prevented(prefix, place, KEYS[1], asked, status, run, now, id) end
    if outcome then
      local n = #others
      others[n + 1], others[n + 2], others[n + 3] = (i - 5) / 4, outcome, why
    else
      redis.call('HSET', record, 'id', id, 'place', place, 'about', ARGV[3], 'message', ARGV[i + 3],
        'status', status, 'enqueued_at', now)
      if string.sub(id, -#run) ~= run then  -- it was given, not made
        redis.call('ZADD', prefix .. 'id:' .. id, now, run)
        redis.call('PERSIST', prefix .. 'id:' .. id)
      end
      if runs then
        runs[#runs + 1] = run
        scores[#scores + 1], scores[#scores + 2] = now, run
      else
        runs, scores = {run}, {now, run}
      end
      if asked then which_ones[#runs] = i end
    end
  end
end
if runs then
  redis.call('ZADD', KEYS[1], unpack(scores))
  sure(prefix, 'SADD', prefix .. 'places', place)
  local first
  if asked then runs, first = follow(KEYS, ARGV, asked, which_ones, others) end
  if runs[1] and put(prefix, KEYS[2], runs) == #runs then
    ring(prefix, KEYS[2])  -- else one was woken for the first
  end
  if first and first[1] and put(prefix, KEYS[2], first, true) == #first then ring(prefix, KEYS[2]) end
end
local time = redis.call('TIME')
if math.abs(time[1] - ARGV[6]) > 5 then others[1] = string.format('%.6f', time[1] + time[2] / 1e6) end
return others
