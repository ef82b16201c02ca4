# made by: python -m tests.stubs
from frappe_standalone.documents.trees import NestedSet as NestedSet
from frappe_standalone.documents.trees import NestedSetChildExistsError as NestedSetChildExistsError
from frappe_standalone.documents.trees import NestedSetInvalidMergeError as NestedSetInvalidMergeError
from frappe_standalone.documents.trees import NestedSetMultipleRootsError as NestedSetMultipleRootsError
from frappe_standalone.documents.trees import NestedSetRecursionError as NestedSetRecursionError
from frappe_standalone.documents.trees import get_ancestors_of as get_ancestors_of
from frappe_standalone.documents.trees import get_descendants_of as get_descendants_of
from frappe_standalone.documents.trees import get_root_of as get_root_of
from frappe_standalone.documents.trees import rebuild_tree as rebuild_tree
from frappe_standalone.documents.trees import update_nsm as update_nsm

