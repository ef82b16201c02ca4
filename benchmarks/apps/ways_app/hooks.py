app_name = "ways_app"
after_job = ["ways_app.jobs.after"]
frappe_celery_keep = ["ways_app.clients.*", "ways_app.kept.MODEL"]
