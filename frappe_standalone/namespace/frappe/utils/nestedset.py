"""`frappe.utils.nestedset`."""

from frappe_standalone.documents.trees import (
    NestedSet,
    NestedSetChildExistsError,
    NestedSetInvalidMergeError,
    NestedSetMultipleRootsError,
    NestedSetRecursionError,
    get_ancestors_of,
    get_descendants_of,
    get_root_of,
    rebuild_tree,
    update_nsm,
)
