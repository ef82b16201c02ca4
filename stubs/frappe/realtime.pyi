# made by: python -m tests.stubs
from frappe_standalone.messages.realtime import clear_realtime_log as clear_realtime_log
from frappe_standalone.messages.realtime import emit_via_redis as emit_via_redis
from frappe_standalone.messages.realtime import get_doc_room as get_doc_room
from frappe_standalone.messages.realtime import get_doctype_room as get_doctype_room
from frappe_standalone.messages.realtime import get_site_room as get_site_room
from frappe_standalone.messages.realtime import get_task_progress_room as get_task_progress_room
from frappe_standalone.messages.realtime import get_user_room as get_user_room
from frappe_standalone.messages.realtime import get_website_room as get_website_room
from frappe_standalone.messages.realtime import publish_progress as publish_progress
from frappe_standalone.messages.realtime import publish_realtime as publish_realtime

