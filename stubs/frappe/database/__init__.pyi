# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.database.database import savepoint as savepoint

