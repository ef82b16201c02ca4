"""`frappe-celery demo`: one job of every kind on the example app, beside what is expected of each."""
