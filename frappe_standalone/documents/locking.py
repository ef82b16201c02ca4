"""Lock files, and actions of documents that are queued under such a lock.

As `frappe.utils.synchronization` and `Document.queue_action`.
"""

from __future__ import annotations

import fcntl
import hashlib
import html
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from frappe_standalone.database.errors import is_retryable
from frappe_standalone.documents.controllers import stored
from frappe_standalone.documents.error_log import get_traceback, report_swallowed
from frappe_standalone.exceptions import DocumentLockedError, LockTimeoutError
from frappe_standalone.local import local
from frappe_standalone.site.context import get_site_path, site_folder

LOCKS_DIR = "locks"
STALE_SECONDS = 600
"""From this age on a lock is no queue but a failure."""
EXECUTE_ACTION = "frappe.model.document.execute_action"


def release_document_locks() -> None:
    """Give back those of documents that this context took."""
    for doc in list(local.locked_documents):
        doc.unlock()


# -- frappe.utils.synchronization


@contextmanager
def filelock(lock_name: str, *, timeout: int = 30, is_global: bool = False) -> Iterator[None]:
    """Hold a lock of this site (or of the bench) for the block; a process that dies gives it back.

    Raises:
        LockTimeoutError: another process held it for `timeout` seconds.
    """
    folder = site_folder("" if is_global else local.site) / LOCKS_DIR
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{lock_name}.lock").open("a") as file:
        end = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise LockTimeoutError(
                        f"lock {lock_name!r} was not free within {timeout} s"
                    ) from None
                time.sleep(0.05)
        yield


# -- documents


def signature(doc: Any) -> str:
    """The name of a document's lock."""
    text = f"{doc.doctype}:{doc.name}".encode()
    return hashlib.sha224(text, usedforsecurity=False).hexdigest()


def lock_file(doc: Any) -> str:
    """What is there while a document is locked."""
    return get_site_path(LOCKS_DIR, f"{doc.get_signature()}.lock")


def is_locked(doc: Any) -> bool:
    """Whether an action of it is queued."""
    return os.access(lock_file(doc), os.F_OK)


def _create(path: Path) -> bool:
    try:
        path.open("x").close()
    except FileExistsError:
        with suppress(FileNotFoundError):  # given back since then
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                raise LockTimeoutError(str(path)) from None
        return False
    return True


def lock(doc: Any, timeout: int = 0) -> None:
    """Take the document's lock, waiting up to `timeout` seconds.

    Raises:
        DocumentLockedError: an action of it is queued or runs.
        LockTimeoutError: and has been for over ten minutes: its worker died; `doc.unlock()` helps.
    """
    path, end = Path(lock_file(doc)), time.monotonic() + timeout
    path.parent.mkdir(parents=True, exist_ok=True)
    while not _create(path):
        if time.monotonic() >= end:
            raise DocumentLockedError(
                f"{doc.doctype} {doc.name} is currently locked and queued for execution."
                " Please try again after some time."
            )
        time.sleep(0.1)
    local.locked_documents.append(doc)


def unlock(doc: Any) -> None:
    """Give the lock of a document back."""
    Path(lock_file(doc)).unlink(missing_ok=True)
    if doc in local.locked_documents:
        local.locked_documents.remove(doc)


def queue_action(doc: Any, action: str, **kwargs: Any) -> Any:
    """Have a worker call `doc.<action>(**kwargs)`, or `doc._<action>` where there is one.

    The document is locked until then. Enqueued after the commit unless
    `enqueue_after_commit=False`; when it is not enqueued, the lock is given back.
    """
    from frappe_celery.host import enqueue_shim

    if callable(getattr(type(doc), f"_{action}", None)):
        action = f"_{action}"
    if kwargs.get("enqueue_after_commit") is None:
        kwargs["enqueue_after_commit"] = True
    kwargs |= {"__doctype": doc.doctype, "__name": doc.name, "__action": action}
    lock(doc)
    local.locked_documents.remove(doc)  # the lock outlives this context: it is the queued action's
    local.db.after_rollback.add(doc.unlock)
    try:
        return enqueue_shim.enqueue(EXECUTE_ACTION, **kwargs)
    except BaseException:
        unlock(doc)
        raise


def execute_action(__doctype: str, __name: str, __action: str, **kwargs: Any) -> None:
    """What a worker runs for `queue_action`.

    A failure is rolled back and becomes a comment on the document; the job ends as finished, as in
    Frappe, but is reported like a failed one.
    """
    doc = stored(__doctype, __name)
    doc.unlock()
    try:
        getattr(doc, __action)(**kwargs)
    except Exception as exc:
        if is_retryable(exc):
            raise
        local.db.rollback()
        told = local.message_log[-1].message if local.message_log else None
        escaped = f"<pre><code>{html.escape(get_traceback())}</code></pre>"
        doc.add_comment("Comment", f"Action Failed<br><br>{told or escaped}")
        report_swallowed(exc)
    doc.notify_update()
