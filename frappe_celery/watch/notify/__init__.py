"""Mail on failure and alerts: what is told, to whom, and what is not told yet.

What failed is counted in Redis, in the very step that records the failure, by kind: method,
exception, place (`jobs.record.kinds`). What holds of doctor's findings is noted there too. There it
is bounded, outlives every process, and all machines see it. When there is something to tell, one of
the workers or beat starts a process (`__main__`) that does, so that no job, no worker and no
scheduler waits for a server, and no thread runs in a worker that forks.

    ledger       what Redis knows: counted, held, due, being sent
    look         the worker's and beat's part: is there something to tell? And the scheduler's own
                 failures
    sender       the process
    mail_config  `celery_error_emails`: who is written to, by which server
    mail_server  takes mails
    letter       a mail's text; `config.secrets` masks what nobody may read
    conditions   what is alerted of: which findings; `prometheus.yml` has Prometheus' rules
    receivers    `frappe_celery_alerts`: who is told of that, through Apprise
"""
