"""What Frappe asks of an app. The switch is the bench's (`frappe-celery enable`), not a site's."""

app_name = "frappe_celery"
app_title = "Frappe Celery"
app_publisher = "frappe_celery contributors"
app_description = "Background jobs and schedules on Celery"
app_license = "MIT"
