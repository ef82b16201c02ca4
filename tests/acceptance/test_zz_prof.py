import time, sys
sys.path.insert(0,'/work/main')
import tests.acceptance.test_core_deduplicate as t
from tests.project import Project
from pathlib import Path
import tempfile
def test_x(project):
    from frappe_celery.jobs import get_store
    get_store()
    for i in range(3):
        t0=time.time(); r=t.outcomes(deduplicate=True); print("TIME", time.time()-t0)
