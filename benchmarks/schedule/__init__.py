"""Schedulers with very many entries: ours beside Celery's and django-celery-beat's."""
