"""Mail on failure: `celery_error_emails`.

What failed is counted in Redis, in the very step that records the failure, by kind: method,
exception, place (`jobs.record.kinds`). There it is bounded, outlives every process, and all
machines see it; a file spool would know one machine's. When the mail of a kind is due, one of the
workers or beat (`watch.postman`) starts a process (`__main__`) that writes and sends it, so that no
job and no worker ever waits for a mail server, and no thread runs in a worker that forks.

    config   who is written to, by which server
    ledger   what Redis knows: counted, due, being sent
    letter   a mail's text; `config.secrets` masks what nobody may read
    sender   sends
    beat     the scheduler's own failures
    step     the worker's part: it looks whether a mail is due
"""
