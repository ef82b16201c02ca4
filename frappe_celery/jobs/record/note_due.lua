-- function (prefix, asked, now, outcome, run)
-- A schedule entry was acted on, on every due time since the last one that was.
-- prefix; what is asked of `enqueue.lua`; now; what came of it; the run that it is or that was in its way
redis.call('SET', asked.key, asked.due)
redis.call('LPUSH', prefix .. 'acted', cjson.encode(
  {entry = string.sub(asked.key, #prefix + #'due:' + 1), method = asked.method,
    after = asked.acted or '', since = asked.since, due = asked.due, at = now, outcome = outcome,
    reason = asked.skip, run = run}))
redis.call('LTRIM', prefix .. 'acted', 0, 9999)
