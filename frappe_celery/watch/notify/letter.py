"""A mail's text, plain and as HTML: what failed, how often, and the commands that help."""

from __future__ import annotations

import html
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from itertools import islice
from shlex import quote

from frappe_celery.config.secrets import masked_text
from frappe_celery.config.signing import Signer
from frappe_celery.config.texts import escaped, one_line
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record.record import shown_reason
from frappe_celery.watch.job_display import shown
from frappe_celery.watch.notify.ledger import LONGEST, Entry
from frappe_celery.watch.notify.mail_config import MailConfig
from frappe_celery.watch.words import cut, some_of

LONGEST_VALUE = 1000
MOST_ARGUMENTS = 50
LONGEST_SUBJECT = 200
# subjects in one line; folded, some begin with a space
_POLICY = default.clone(max_line_length=300)
ENDED = "finished: what it raised was caught, which only a log or a comment shows"


@dataclass(frozen=True)
class Digest:
    """What a mail says of a kind's failures since the last one: their number, and the first."""

    id: str
    sites: Mapping[str, int]
    """How many failures there were at each site."""
    about: Mapping[str, str]
    """Of the first one: `run`, `id`, `site`, `queue`, `method`, `user`, `message`, …"""

    @property
    def count(self) -> int:
        """How many failures there were at all sites."""
        return sum(self.sites.values())


def digest_of(entry: Entry, signer: Signer) -> Digest:
    """What the ledger's entry says."""
    about = {name.decode(): text.decode(errors="replace") for name, text in entry.about.items()}
    if b"exc_info" in entry.about:
        about["exc_info"] = shown_reason(entry.about[b"exc_info"], signer)[-LONGEST:]
    sites = [name for name in about if name.startswith("site ")]
    counts = {name.partition(" ")[2]: int(about.pop(name)) for name in sites}
    return Digest(entry.text.decode(), counts, about)


def write(digest: Digest, config: MailConfig, signer: Signer) -> EmailMessage:
    """The mail of a kind's failures."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "localhost"
    mail = EmailMessage(policy=_POLICY)
    mail["Subject"] = _subject(digest)
    mail["From"] = config.SERVER_EMAIL
    mail["To"] = [Address(one_line(name), addr_spec=to) for name, to in config.ADMINS]
    mail["Date"] = datetime.now(timezone.utc)
    mail["Message-ID"] = f"<{digest.id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"  # so that no absence notice answers
    rows, traceback = _rows(digest, signer), masked_text(digest.about.get("exc_info", ""))
    mail.set_content(_plain(digest, rows, traceback))
    mail.add_alternative(_html(digest, rows, traceback), subtype="html")
    return mail


def _subject(digest: Digest) -> str:
    """In a line, which when it is too long ends after a whole word; how often is said always."""
    times = f" ({digest.count} times)" if digest.count > 1 else ""
    text = one_line(f"[{_site(digest)}] {_what(digest)}")
    room = LONGEST_SUBJECT - len(times)
    if len(text) > room:
        text = text[: room - 1]
        cut = text.rfind(" ", room // 2)  # without a space there, within what is one long word
        text = f"{text[:cut] if cut > 0 else text}…"
    return text + times


def _headline(digest: Digest) -> str:
    what = _what(digest)
    if digest.count == 1:
        return what
    first, last = _time(digest.about.get("first_at")), _time(digest.about.get("last_at"))
    return f"{what}. {digest.count} times from {first} to {last}; this is the first."


def _what(digest: Digest) -> str:
    """A job's failure; of beat what it said, which need not be that it failed."""
    says = " says" if _is_beats(digest) else " failed"
    return f"{_method(digest)}{says}: {_exception(digest)}"


def _is_beats(digest: Digest) -> bool:
    return digest.about.get("kind", "").startswith("beat|")


def _rows(digest: Digest, signer: Signer) -> list[tuple[str, str]]:
    about = digest.about
    run = about["run"] if about.get("id") else ""
    last = about.get("last_run", "") if digest.count > 1 else ""
    rows = [
        ("Failures", str(digest.count)),
        ("Sites", _counts(digest) if len(digest.sites) > 1 else ""),
        ("Site", _site(digest)),
        ("Method", _method(digest)),
        ("Queue", about.get("queue", "")),
        ("Job", about.get("id", "")),
        ("User", about.get("user", "")),
        ("Worker", about.get("worker", "")),
        ("Enqueued", _time(about.get("enqueued_at"))),
        ("Started", _time(about.get("started_at"))),
        ("Failed", _time(about.get("first_at"))),
        ("Kind", about.get("kind", "")),
        ("Job's status", ENDED if about.get("caught") else ""),
        *((one_line(f"Argument {name}"), text) for name, text in _arguments(about, signer)),
        ("Show it", run and f"frappe-celery jobs show {quote(run)}"),
        ("Run it again", run and f"frappe-celery jobs requeue {quote(run)}"),
        ("Show the last", run and last and f"frappe-celery jobs show {quote(last)}"),
    ]
    return [(name, masked_text(one_line(text))) for name, text in rows if text]


def _arguments(about: Mapping[str, str], signer: Signer) -> list[tuple[str, str]]:
    sealed = about.get("message", "").encode()
    found = shown(lambda: JobMessage.open(signer, sealed, about["run"]).decoded_kwargs())
    if not sealed or isinstance(found, str):
        return [("s", found)] if sealed else []
    texts = {name: escaped(json.dumps(found[name], ensure_ascii=False)) for name in found}
    return [
        (name, cut(masked_text(text), LONGEST_VALUE))
        for name, text in islice(texts.items(), MOST_ARGUMENTS)
    ]


def _plain(digest: Digest, rows: list[tuple[str, str]], traceback: str) -> str:
    width = max(len(name) for name, _ in rows) + 2
    lines = [f"{name + ':':<{width}}{text}" for name, text in rows]
    return "\n".join([_headline(digest), "", *lines, "", traceback, ""])


def _html(digest: Digest, rows: list[tuple[str, str]], traceback: str) -> str:
    escape = html.escape
    lines = "".join(
        f'<tr><th align="left" valign="top">{escape(name)}</th><td>{escape(text)}</td></tr>\n'
        for name, text in rows
    )
    return (
        f"<!DOCTYPE html>\n<html><body>\n<p><b>{escape(_headline(digest))}</b></p>\n"
        f'<table cellpadding="4">\n{lines}</table>\n<pre>{escape(traceback)}</pre>\n'
        "</body></html>\n"
    )


def _method(digest: Digest) -> str:
    kind = digest.about.get("kind", "")
    return kind.partition("|")[0] if "|" in kind else digest.about.get("method", "")


def _exception(digest: Digest) -> str:
    """`ValueError: broken on purpose`, or only the class where there is no more to know."""
    kind = digest.about.get("kind", "")
    if kind == "others":
        return f"one of more kinds than are told apart ({digest.count} failures of them)"
    text = digest.about.get("exc_info", "")
    if _is_beats(digest):  # of which the kind is without its numbers
        return masked_text(one_line(text.partition("\n")[0]))
    name = kind.rpartition("|")[2].partition(" at ")[0]
    said = next((ln for ln in reversed(text.splitlines()) if ln.startswith(f"{name}:")), name)
    return masked_text(one_line(said)) or "an error"


def _site(digest: Digest) -> str:
    return digest.about.get("site", "") or next(iter(digest.sites), "")


def _counts(digest: Digest) -> str:
    most = sorted(digest.sites.items(), key=lambda pair: -pair[1])
    return some_of([f"{site}: {count}" for site, count in most])


def _time(seconds: str | None) -> str:
    if not seconds:
        return ""
    return datetime.fromtimestamp(float(seconds), timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
