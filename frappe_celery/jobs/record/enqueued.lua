-- function (which, now)
-- The answer that a job is enqueued, with the server's time where its caller's differs: an old row of
-- an outbox, or a clock.
-- its run, or 'first' where it goes before those that wait; the caller's time
local time = redis.call('TIME')
local differs = math.abs(time[1] - now) > 5
return {'enqueued', which, differs and string.format('%.6f', time[1] + time[2] / 1e6) or nil}
