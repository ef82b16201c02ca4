-- function (record, id, place, about, message, status, now)
-- Write the record of a new run: what each one has.
redis.call('HSET', record, 'id', id, 'place', place, 'about', about, 'message', message,
  'status', status, 'enqueued_at', now)
