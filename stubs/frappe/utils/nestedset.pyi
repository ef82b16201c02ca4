# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.documents.nested_set import NestedSet as NestedSet
from frappe_celery.hosts.standalone.documents.nested_set import NestedSetChildExistsError as NestedSetChildExistsError
from frappe_celery.hosts.standalone.documents.nested_set import NestedSetRecursionError as NestedSetRecursionError
from frappe_celery.hosts.standalone.documents.nested_set import get_ancestors_of as get_ancestors_of
from frappe_celery.hosts.standalone.documents.nested_set import get_descendants_of as get_descendants_of
from frappe_celery.hosts.standalone.documents.nested_set import get_root_of as get_root_of
from frappe_celery.hosts.standalone.documents.nested_set import rebuild_tree as rebuild_tree
from frappe_celery.hosts.standalone.documents.nested_set import update_nsm as update_nsm

