# made by: python -m tests.stubs
from frappe_standalone.database.database import savepoint as savepoint

