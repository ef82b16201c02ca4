# made by: python -m tests.stubs
from frappe_standalone.database.errors import savepoint as savepoint

