"""What `frappe-celery admin` serves: the admin, for a project without a Django of its own."""
