-- function (prefix, list, token)
-- What was taken, and not acted on, is first in its list again; a whole message says so from then on.
-- prefix; list; run, or whole message of another Celery task
if string.byte(token) == 123 and string.sub(token, 1, 14) ~= '{"redelivered"' then
  token = string.gsub(token, '^{%s*"', '{"redelivered": true, "')
end
put(prefix, list, {token}, true)
ring(prefix, list)
