"""Mail on failure: `celery_error_emails`.

What failed is counted in Redis, in the very step that records the failure, by kind: method,
exception, place (`jobs.record.kinds`). There it is bounded, outlives every process, and all
machines see it; a file spool would know one machine's. When the mail of a kind is due, one of the
workers or beat starts a process (`__main__`) that writes and sends it (`watch.notify`).

    config   who is written to, by which server
    ledger   what Redis knows: counted, due, being sent
    letter   a mail's text; `config.secrets` masks what nobody may read
    sender   sends
    look     the worker's and beat's part: is a mail due? And the scheduler's own failures
"""
