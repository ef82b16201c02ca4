"""`frappe-celery demo`: one job of every kind, beside what is expected of each."""
