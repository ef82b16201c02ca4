"""django-celery-beat's PeriodicTask rows beside the sites' schedules, led by the same scheduler.

    celery -A team beat --scheduler frappe_celery.beat_schedule:DatabaseScheduler

What a row means is said by django-celery-beat's own `ModelEntry`; here is what keeps ten thousand
of them cheap and each run single, whichever of several schedulers leads.
"""
