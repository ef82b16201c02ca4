-- function (prefix, run, asked)
-- Whether an id that ends with a run's is that run's job's, as Frappe 15 (::) or 16 (||) writes it, or
-- the run's alone: that of a job may end with any text.
if asked == run then return true end
local id = redis.call('HGET', prefix .. 'job:' .. run, 'id')
return id and (string.gsub(id, '||', '::')) == (string.gsub(asked, '||', '::'))
