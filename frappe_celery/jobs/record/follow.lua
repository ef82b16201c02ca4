-- function (KEYS, ARGV, asked, which_ones, others)
-- What follows once runs are recorded of which more is asked than of most.
-- KEYS, ARGV: as `enqueue.lua` has them; what is asked; where in ARGV each begins; what it answers
-- Returns those that enter their list behind the ones there, and those that do before them.
local prefix, last, first, latest = ARGV[1], {}, {}, nil
local front, first_run = tonumber(asked.front or 0), asked.first_run
for nth, i in ipairs(which_ones) do
  local run, now, id = unpack(ARGV, i, i + 2)
  local record = prefix .. 'job:' .. run
  for _, name in ipairs({'depends_on', 'result_ttl', 'failure_ttl', 'limit_key', 'first_run', 'batch', 'after',
    'unique', 'by'}) do
    if asked[name] then redis.call('HSET', record, name, asked[name]) end
  end
  if first_run then follow_another(prefix, asked, record, run) end
  if asked.unique_way then
    redis.call('SET', prefix .. 'unique:' .. asked.unique, run)
    local seconds = tonumber(asked.unique_for)
    if seconds then redis.call('PEXPIRE', prefix .. 'unique:' .. asked.unique, math.ceil(seconds * 1000)) end
  end
  if asked.due then note_due(prefix, asked, now, 'enqueued', run) end
  if asked.batch then join_batch(prefix, first_run or run, id, asked, 'going') end
  if asked.transaction then
    local time = redis.call('TIME')
    latest = string.format('%.6f', time[1] + (time[2] + nth) / 1e6 + asked.commit_wait)
  end
  local waits = asked.at or (asked.depends_on and not first_run)
  local is_first = front == 1 or (front > 1 and not waits and asked.waiting + nth - 1 > front)
  if is_first then redis.call('HSET', record, 'front', '1') end
  if waits and latest then  -- it may be its turn before that end
    redis.call('HSET', record, 'transaction', asked.transaction)
    redis.call('ZADD', prefix .. 'commit:open', 'NX', latest, asked.transaction)
  end
  if asked.at then redis.call('ZADD', prefix .. 'scheduled', asked.at, run)
  elseif waits then
    redis.call('HSET', record, 'list', string.sub(KEYS[2], #prefix + 1),
      'canceled_ttl', asked.canceled_ttl)
    local ended = defer(prefix, run, now, asked.lines, tonumber(asked.canceled_ttl))
    if ended then note_ended(prefix, ended) end
  elseif latest then await_commit(prefix, run, asked.transaction, latest)
  elseif is_first then
    first[#first + 1] = run
    for _, told in ipairs({(i - 5) / 4, 'enqueued', 'first'}) do others[#others + 1] = told end
  elseif front >= 0 then last[#last + 1] = run end
end
return last, first
