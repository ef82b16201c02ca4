"""A warm Python (`tests.warm`) for scripts in the stand-in bench, which has our modules imported
too, but nothing of Frappe's, RQ's or the hook's: those a script imports as it would without us.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

STANDIN, CHECKOUT = Path(__file__).with_name("standin"), Path(__file__).parents[4]

if __name__ == "__main__":
    sys.path[0:1] = [str(STANDIN), str(CHECKOUT)]
    from tests import warm

    of_benches = (one for one in warm.MODULES if not one.startswith("frappe_standalone"))
    for module in (*warm.LIBRARIES, *of_benches):
        import_module(module)
    assert warm.THEIRS.isdisjoint(sys.modules)
    del sys.path[0:2]
    warm.become(warm.serve())
