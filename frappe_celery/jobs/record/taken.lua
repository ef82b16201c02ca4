-- function (KEYS, ARGV)
-- How many of the places in which a site's jobs may wait are taken: by those that wait, and for those
-- that calls of `enqueue_many` have yet to enqueue.
-- ARGV: prefix, place: 'site|queue'
return redis.call('ZCARD', ARGV[1] .. 'jobs:' .. ARGV[2] .. '|queued') + reserved(ARGV[1], ARGV[2])
