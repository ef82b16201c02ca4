"""File documents and `frappe.utils.file_manager`: contents in the site's folder, or a hook's.

As in Frappe an app may keep them elsewhere: its hooks `write_file` and `delete_file_data_content`.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import os
import re
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from frappe_standalone.documents.document import Document
from frappe_standalone.documents.documents import delete_doc, get_doc
from frappe_standalone.exceptions import DoesNotExistError, MandatoryError, ValidationError
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks
from frappe_standalone.site.calling import get_hook_method
from frappe_standalone.site.context import get_site_path
from frappe_standalone.site.paths import get_files_path
from frappe_standalone.utils.tables import ENCODINGS, decoded
from frappe_standalone.utils.text import generate_hash, get_url, safe_encode

REMOTE = ("http://", "https://", "/api/method/")
PRIVATE, PUBLIC = "/private/files/", "/files/"
MAX_SIZE = 10 * 1024 * 1024
"""Bytes, where the site's `max_file_size` says nothing."""


class MaxFileSizeReachedError(ValidationError):
    """A file is larger than the site allows."""


class File(Document):
    """A file: `content` is written when the document is inserted, `get_content` reads it."""

    __not_in_templates__ = Document.__not_in_templates__ | {
        *("get_content", "save_file", "save_file_on_filesystem")
    }
    file_name: Any
    file_url: Any
    folder: Any
    is_private: Any

    def autoname(self) -> None:
        """A random name; a folder's is its path."""
        folder = "" if self.is_home_folder else f"{self.folder}/"
        self.name = f"{folder}{self.file_name}" if self.is_folder else generate_hash(length=10)

    def before_insert(self) -> None:
        """Write the content that it brings to the site's folder."""
        self.file_url = unquote(self.file_url or "")
        self.folder = self.folder or ("Home/Attachments" if self.attached_to_doctype else "Home")
        self.is_private = int(bool(self.is_private or self.file_url.startswith(PRIVATE)))
        if not self.file_name and not self.file_url:
            raise MandatoryError("Fields `file_name` or `file_url` must be set for File")
        self.file_name = (self.file_name or os.path.basename(self.file_url)).replace("/", "")
        if self.get("content") and not self.is_folder and not self.is_remote_file:
            self.save_file()
        self.__dict__.pop("content", None)
        self.__dict__.pop("decode", None)

    def after_insert(self) -> None:
        """Comment on the document that it is attached to."""
        if not self.is_folder:
            url = quote(self.file_url, safe="/:") if self.file_url else self.file_name
            named = f'target="_blank" rel="noopener noreferrer">{escape(self.file_name)}</a>'
            lock = ' <i class="fa fa-lock text-warning"></i>' if self.is_private else ""
            self._tell("Attachment", f'<a href="{url}" {named}{lock}')

    def _tell(self, comment_type: str, text: str) -> None:
        if self.attached_to_doctype and self.attached_to_name:
            with suppress(DoesNotExistError):
                get_doc(self.attached_to_doctype, self.attached_to_name).add_comment(
                    comment_type, text
                )

    def validate(self) -> None:
        """Say what type it is.

        Raises:
            OSError: it is not there.
        """
        if self.is_folder:
            return
        extension = mimetypes.guess_extension(mimetypes.guess_type(self.file_name)[0] or "")
        self.file_type = extension and extension[1:].upper()
        if not self.is_remote_file and not self.exists_on_disk():
            raise OSError(f"File {self.file_url or self.file_name} does not exist")

    @property
    def is_remote_file(self) -> bool:
        """Whether its content lies at an address elsewhere."""
        return bool(self.file_url) and self.file_url.startswith(REMOTE)

    def save_file(
        self,
        content: bytes | str | None = None,
        decode: bool = False,
        ignore_existing_file_check: bool = False,
        overwrite: bool = False,
    ) -> Any:
        """Write a content to the disk, or where a hook does; one that is there is shared."""
        found = self.get("content") if content is None else content
        raw = found.encode() if isinstance(found, str) else bytes(found or b"")
        if decode or self.get("decode"):
            raw = base64.b64decode(raw.rpartition(b",")[2] + b"===")
        self.file_size = check_max_file_size(raw)
        self.content_hash = get_content_hash(raw)
        self.__dict__["_content"] = raw
        if not ignore_existing_file_check and self._share():
            return None
        if not overwrite:
            self.file_name = get_file_name(self.file_name, self.content_hash[-6:], self.is_private)
        hook = get_hook_method("write_file")
        return hook(self) if hook else self.save_file_on_filesystem()

    def _share(self) -> bool:
        """Whether the same content is on the disk; it is then what this document names."""
        wanted = {"content_hash": self.content_hash, "is_private": self.is_private}
        url = local.db.get_value("File", wanted, "file_url")
        if not url or not os.path.exists(path_of(url, self.is_private)):
            return False
        self.file_url = url
        return True

    def save_file_on_filesystem(self) -> dict[str, str]:
        """Write its content into the site's folder; as before when the transaction is gone."""
        safe = re.sub(r"[/\\%?#]", "_", self.file_name)
        self.file_url = f"{PRIVATE if self.is_private else PUBLIC}{safe}"
        path = Path(self.get_full_path())
        path.parent.mkdir(parents=True, exist_ok=True)
        _put_back_after_rollback(path)
        path.write_bytes(self.__dict__["_content"])
        return {"file_name": path.name, "file_url": self.file_url}

    def get_content(self, encodings: list[str] | None = None) -> bytes | str:
        """What it holds: text where it can be read as such, else bytes.

        Raises:
            OSError: it is not there.
        """
        if self.is_folder:
            raise ValidationError("Cannot get file contents of a Folder")
        raw = Path(self.get_full_path()).read_bytes()
        text = decoded(raw, encodings or ENCODINGS)
        return raw if text is None else text

    def get_full_path(self) -> str:
        """Where it lies; its address, when that is elsewhere.

        Raises:
            ValidationError: it would lie outside of the site's folder.
        """
        place, address = self.file_url or self.file_name, get_url().rstrip("/")
        if place.startswith(f"{address}/"):
            place = place.removeprefix(address)
        return path_of(place, self.is_private)

    def exists_on_disk(self) -> bool:
        return os.path.exists(self.get_full_path())

    def get_extension(self) -> tuple[str, str]:
        """Its name without and its extension."""
        return os.path.splitext(self.file_name)

    def on_trash(self) -> None:
        """Its content goes with the last document that has it, after the commit."""
        self._delete_content()
        if not self.is_folder:
            self._tell("Attachment Removed", self.file_name)

    def _delete_content(self) -> None:
        same = {"content_hash": self.content_hash, "name": ["!=", self.name]}
        is_elsewhere = self.is_folder or self.is_remote_file or not self.content_hash
        if is_elsewhere or local.db.exists("File", same):
            return
        hook = get_hook_method("delete_file_data_content")
        if hook:
            hook(self)
        elif self.file_url:
            path = Path(self.get_full_path())
            local.db.after_commit.add(lambda: path.unlink(missing_ok=True))


def path_of(place: str, is_private: Any = False) -> str:
    """Where a file lies by its address or name, within the site's folder.

    Raises:
        ValidationError: it would lie outside.
    """
    if place.startswith(REMOTE):
        return place
    if "/" not in place:
        place = f"{PRIVATE if is_private else PUBLIC}{place}"
    for prefix, private in ((PRIVATE, True), (PUBLIC, False)):
        if place.startswith(prefix):
            place = get_files_path(*place.removeprefix(prefix).split("/"), is_private=private)
            break
    if not is_safe_path(place):
        raise ValidationError(f"Cannot access file path {place}")
    return place


def is_safe_path(path: str) -> bool:
    """Whether it lies in the site's folder, or elsewhere on the network."""
    if path.startswith(REMOTE):
        return True
    base = os.path.abspath(get_site_path())
    return os.path.commonpath((base, os.path.abspath(path))) == base


def _put_back_after_rollback(path: Path) -> None:
    """What lies there now, if that is from before this transaction."""
    written: set[Path] = local.flags.setdefault("files_written", set())
    if path in written:
        return
    written.add(path)
    content = path.read_bytes() if path.exists() else None

    def put_back() -> None:
        written.discard(path)
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)

    local.db.after_rollback.add(put_back)
    local.db.after_commit.add(lambda: written.discard(path))


# -- frappe.utils.file_manager


def save_file(
    fname: str,
    content: bytes | str,
    dt: str | None,
    dn: str | None,
    folder: str | None = None,
    decode: bool = False,
    is_private: Any = 0,
    df: str | None = None,
) -> File:
    """A new File with this content, attached to a document.

    Raises:
        MaxFileSizeReachedError: it is too large.
    """
    values = {"file_name": fname, "content": content, "decode": decode}
    return _attached(values, dt, dn, folder, is_private, df)


_TO = ("attached_to_doctype", "attached_to_name", "folder", "is_private", "attached_to_field")


def _attached(values: dict[str, Any], *to: Any) -> File:
    doc: File = get_doc({"doctype": "File", **values, **dict(zip(_TO, to, strict=True))})
    doc.insert(ignore_permissions=True)
    return doc


def get_file(fname: str) -> list[Any]:
    """A file's name and content, by its name, its address or its document's name."""
    path = get_file_path(fname)
    raw = Path(path).read_bytes()
    text = decoded(raw, ["utf-8"])
    return [os.path.basename(path), raw if text is None else text]


def get_file_path(file_name: str) -> str:
    """The path of a File's content, by its name or file name."""
    for field in ("name", "file_name"):
        url = local.db.get_value("File", {field: file_name}, "file_url")
        if url:
            return path_of(url)
    return path_of(file_name)


def get_file_name(fname: str, optional_suffix: str, is_private: Any = False) -> str:
    """The name, with the suffix where another file has it."""
    taken = local.db.exists("File", {"file_name": fname})
    if not taken and not os.path.exists(path_of(fname, is_private)):
        return fname
    stem, extension = os.path.splitext(fname)
    return f"{stem}{optional_suffix}{extension}"


def get_content_hash(content: bytes | str) -> str:
    """MD5, as Frappe's File documents hold it."""
    return hashlib.md5(safe_encode(content), usedforsecurity=False).hexdigest()


def get_max_file_size() -> int:
    """In bytes: `max_file_size` of the site's configuration, else Frappe's own limit."""
    return int(local.conf.get("max_file_size") or MAX_SIZE)


def check_max_file_size(content: bytes | str) -> int:
    """Its size; raises MaxFileSizeReachedError when that is too large."""
    if len(content) > get_max_file_size():
        raise MaxFileSizeReachedError(
            f"File size exceeded the maximum allowed size of {get_max_file_size() / 1024 / 1024} MB"
        )
    return len(content)


@lacks(delete_permanently=ANY)
def remove_file(
    fid: str,
    attached_to_doctype: str | None = None,
    attached_to_name: str | None = None,
    from_delete: bool = False,
) -> Any:
    """Delete a File that is attached to a document, and note that there."""
    doc = get_doc("File", fid)
    doctype, name = attached_to_doctype, attached_to_name
    if not (doctype and name):
        doctype, name = doc.attached_to_doctype, doc.attached_to_name
    if not (doctype and name) or from_delete:
        return None
    comment = get_doc(doctype, name).add_comment("Attachment Removed", doc.file_name)
    delete_doc("File", fid)
    return comment


@lacks(delete_permanently=ANY)
def remove_all(dt: str, dn: str, from_delete: bool = False) -> None:
    """Delete the files that are attached to a document."""
    attached = {"attached_to_doctype": dt, "attached_to_name": dn}
    for name in local.db.get_all("File", attached, pluck="name"):
        if from_delete:
            delete_doc("File", name)
        else:
            remove_file(name)


File.__module__ = "frappe.core.doctype.file.file"
