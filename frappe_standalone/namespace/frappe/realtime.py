"""`frappe.realtime`."""

from frappe_standalone.messages.realtime import (
    clear_realtime_log,
    emit_via_redis,
    get_doc_room,
    get_doctype_room,
    get_site_room,
    get_task_progress_room,
    get_user_room,
    get_website_room,
    publish_progress,
    publish_realtime,
)
