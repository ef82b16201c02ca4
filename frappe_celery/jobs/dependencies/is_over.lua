-- function (status)
-- Whether a run in this status has ended, or is gone (nothing).
return status ~= 'queued' and status ~= 'started' and status ~= 'scheduled' and status ~= 'deferred'
