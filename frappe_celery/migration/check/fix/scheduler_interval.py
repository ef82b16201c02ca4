"""`scheduler_interval` becomes `scheduler_tick_interval` (research document section 11)."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

OLD, NEW = "scheduler_interval", "scheduler_tick_interval"


class SchedulerInterval(cst.CSTTransformer):
    """The key as an attribute and as a text, on the lines that were found."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, wrapper: MetadataWrapper, lines: set[int]) -> None:
        super().__init__()
        self._lines = lines

    def _is_found(self, node: cst.CSTNode) -> bool:
        return self.get_metadata(PositionProvider, node).start.line in self._lines

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        """`frappe.conf.scheduler_interval`."""
        if updated_node.attr.value == OLD and self._is_found(original_node):
            return updated_node.with_changes(attr=cst.Name(NEW))
        return updated_node

    def leave_SimpleString(  # noqa: N802
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        """`conf.get("scheduler_interval")`."""
        if updated_node.raw_value == OLD and self._is_found(original_node):
            return updated_node.with_changes(value=updated_node.value.replace(OLD, NEW))
        return updated_node
