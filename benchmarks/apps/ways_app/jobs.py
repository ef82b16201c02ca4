"""The jobs between those that leave something, and what each job records."""

import frappe
import lookout

from ways_app import (
    attributes,
    classes,
    containers,
    functions,
    kept,
    libraries,
    logs,
    names,
    namespace,
    process,
    queues,
    seldom,
    values,
)


def look():
    """What a job sees of what the last one that left something did."""
    return lookout.look()


def after(method, kwargs, result=None, **_):
    """Record it once it has ended; of one that leaves something also what is seen of that now."""
    name = method.partition(".")[2]
    way, number, seen = result or ("", "", "")
    if name in lookout.WAYS:
        way, number, seen = name, kwargs["tenant"].rpartition("/")[2], lookout.sees(name)
    lookout.record(name, way, number, frappe.local.site, lookout.raised(), seen)
    if name in lookout.WAYS:
        lookout.tell(way, number)
