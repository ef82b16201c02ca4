-- function (prefix, run, transaction, latest)
-- A queued run waits, in no queue yet, for the end of the transaction in which it was enqueued.
-- prefix; run; transaction; until when at most, seconds since the epoch
redis.call('HSET', prefix .. 'job:' .. run, 'parked', 'commit:' .. transaction)
redis.call('ZADD', prefix .. 'kept:commit:' .. transaction, latest, run)
redis.call('ZADD', prefix .. 'commit:open', 'NX', latest, transaction)
