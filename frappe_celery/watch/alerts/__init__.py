"""Alerts without Prometheus: `frappe_celery_alerts` are told once when something begins, and ends.

Workers and beat look every few seconds, one of them at a time: whichever of the two is gone, the
other tells. What holds and what has been told of lies in Redis, and a process of its own
(`__main__`) delivers (`watch.notify`).

    conditions  what is alerted of, with the texts of `prometheus.yml`, its rules for Prometheus
    ledger      what Redis knows: since when something holds, told of, to be delivered
    look        the worker's and beat's part
    delivery    through Apprise, to whatever its URLs name
"""
