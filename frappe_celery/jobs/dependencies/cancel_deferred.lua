-- function (prefix, run, now, cause)
-- A job that waits for others is canceled, since one of them did not finish.
-- prefix; run; now; JSON of that one's id and of how it ended
-- Returns as `ends.lua`.
return ends({prefix .. 'job:' .. run}, {prefix, run, now, 'deferred', 'canceled', '604800', '0',
  'canceled_ttl', '', 'canceled_by', cause})
