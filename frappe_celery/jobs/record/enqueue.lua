-- function (KEYS, ARGV)
-- Deduplicate, claim, write the record, index it, push it, wake the workers: all or nothing.
-- KEYS: record, index of its first status, the list that it waits in: its site's line in the queue
--       where workers take it from Redis, else the queue's own
-- ARGV: prefix, run, place, now, queue, id, about, message, and what else is asked as a JSON object
--       ('' : nothing, as for most jobs; texts, since Lua would round numbers):
--         own_id: the caller gave the id; deduplicate: do nothing while a run with it is not over;
--         front: 1, or the number waiting from which it goes first; -1: into no queue;
--         most: that may wait; at: when it enters its queue; after: the run that no process must have
--         then; result_ttl, failure_ttl: seconds that
--         its record is kept once it has finished or failed;
--         due, claim: of a schedule entry, and its key; since: the first due time that it stands
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
--         batch: that it belongs to; of one that is enqueued with it also number: how many are, title:
--         its, role: of a callback
--       then, of one of many, which of them it is, from 0
-- In a bench with routes a job of RQ's with this id is a duplicate as one of ours is, and a due time
-- is acted on only while the schedule is beat's.
-- Returns 'enqueued', 'duplicate', 'skipped', 'claimed', 'deposed', 'rerouted', 'relayed', 'unknown',
-- 'closed' or 'overloaded', and the run that stands in the way, the id of the unknown one that it
-- depends on, why its batch does not take it, or 'first' where it goes before those that wait; of one
-- that is enqueued also the server's time, where `now` is not that.
local prefix, run, place, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if redis.call('EXISTS', KEYS[1]) == 1 then return {'enqueued', run} end  -- our own retry
if ARGV[9] ~= '' then return enqueue_asked(KEYS, ARGV) end

write_record(KEYS[1], ARGV[6], place, ARGV[7], ARGV[8], 'queued', now)
redis.call('ZADD', KEYS[2], now, run)
sure(prefix, 'SADD', prefix .. 'places', place)
if put(prefix, KEYS[3], run) == 1 then ring(prefix, KEYS[3]) end  -- else one was woken for the first
return enqueued(run, now)
