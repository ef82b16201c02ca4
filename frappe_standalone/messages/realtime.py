"""`frappe.publish_realtime`: JSON on the Redis channel that Frappe's socketio server listens to.

Rooms and Redis as in the Frappe version that is followed: v14 puts the site into the room's name
and uses `redis_socketio`; from v15 on the site is the message's namespace, on `redis_queue`.
"""

from __future__ import annotations

import logging
from typing import Any

import redis

from frappe_celery.host import settings
from frappe_standalone.cache.cache import client
from frappe_standalone.local import local
from frappe_standalone.utils.text import as_json, cstr

logger = logging.getLogger(__name__)

CHANNEL = "events"


def publish_progress(
    percent: float,
    title: str | None = None,
    doctype: str | None = None,
    docname: str | None = None,
    description: str | None = None,
    task_id: str | None = None,
) -> None:
    """Show how far a long task is: on a document, else to the current user."""
    told = {"percent": percent, "title": title, "description": description}
    user = None if doctype and docname else local.session.user
    publish_realtime("progress", told, None, user, doctype, docname, task_id)


def publish_realtime(
    event: str | None = None,
    message: dict[str, Any] | None = None,
    room: str | None = None,
    user: str | None = None,
    doctype: str | None = None,
    docname: str | None = None,
    task_id: str | None = None,
    after_commit: bool = False,
) -> None:
    """Send an event to browsers: to a room, a user, the viewers of a document, or the whole Desk.

    With `after_commit` once the transaction is committed, the same event only once; never when it
    is rolled back. A Redis that does not answer is logged and does not stop the job.
    """
    message = {} if message is None else message
    task_id = task_id or local.task_id
    if event is None:
        event = "task_progress" if task_id else "global"
    elif event == "msgprint":
        user = user or local.session.user
    elif event == "list_update":
        room = _room(f"doctype:{doctype or message.get('doctype')}")
    elif event == "docinfo_update":
        room = get_doc_room(doctype, docname)

    if not room and task_id:
        after_commit = False
        message.setdefault("task_id", task_id)
    room = room or _room_for(task_id, user, doctype, docname)
    if not after_commit:
        emit_via_redis(event, message, room)
        return
    params = (event, message, room)
    if params in local.realtime_log:
        return
    if not local.realtime_log:
        local.db.after_rollback.add(clear_realtime_log)
    local.realtime_log.append(params)
    local.db.after_commit.add(lambda: _flush(params))


def notify_update(doc: Any) -> None:
    """Tell browsers, after the commit, that it changed."""
    news = {"modified": doc.modified, "doctype": doc.doctype, "name": doc.name}
    publish_realtime("doc_update", news, doctype=doc.doctype, docname=doc.name, after_commit=True)
    news = {"doctype": doc.doctype, "name": doc.name, "user": local.session.user}
    publish_realtime("list_update", news, after_commit=True)


def _flush(params: tuple[str, dict[str, Any], str]) -> None:
    if params in local.realtime_log:
        local.realtime_log.remove(params)
    emit_via_redis(*params)


def clear_realtime_log() -> None:
    """Forget what waits for the commit."""
    local.realtime_log.clear()


def _room_for(task_id: Any, user: Any, doctype: Any, docname: Any) -> str:
    if task_id:
        return get_task_progress_room(task_id)
    if user:
        return get_user_room(user)
    if doctype and docname:
        return get_doc_room(doctype, docname)
    return get_site_room()


def emit_via_redis(event: str, message: Any, room: str) -> None:
    """Publish an event now, without waiting for the commit."""
    here = settings.current()
    sent = {"event": event, "message": message, "room": room}
    if here.frappe_version > 14:
        sent["namespace"] = local.site
    url = here.redis_socketio if here.frappe_version == 14 else here.redis_queue
    try:
        client(url or here.store_url).publish(CHANNEL, as_json(sent))
    except redis.exceptions.RedisError as exc:
        logger.error("event %s on %s was not published: %s", event, local.site, exc)


def _room(name: str) -> str:
    return f"{local.site}:{name}" if settings.current().frappe_version == 14 else name


def get_doc_room(doctype: Any, docname: Any) -> str:
    """Those who look at a document."""
    return _room(f"doc:{doctype}/{cstr(docname)}")


def get_user_room(user: str) -> str:
    """The room of one user's browsers."""
    return _room(f"user:{user}")


def get_site_room() -> str:
    """The room of all users of the site's Desk."""
    return _room("all")


def get_task_progress_room(task_id: str) -> str:
    """Those who wait for a task."""
    return _room(f"task_progress:{task_id}")


def get_website_room() -> str:
    """The room of all visitors of the site's website."""
    return _room("website")
