-- function (prefix, first)
-- What a job's failure has canceled is to come back once it has finished.
-- prefix; its first run
local canceled, back = prefix .. 'canceled_by:' .. first, prefix .. 'brings_back:' .. first
redis.call('ZUNIONSTORE', back, 2, back, canceled, 'AGGREGATE', 'MIN')
redis.call('DEL', canceled)
