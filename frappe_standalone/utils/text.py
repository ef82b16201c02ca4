"""Text, Markdown, lists and JSON of `frappe.utils`."""

from __future__ import annotations

import hashlib
import html
import json
import math
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from email.utils import getaddresses, parseaddr
from typing import Any
from urllib.parse import quote, urljoin

from frappe_celery.host import settings
from frappe_standalone.exceptions import InvalidEmailAddressError
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks, required
from frappe_standalone.utils.frappedict import _dict

_ATOM, _LABEL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}", re.I)


def cstr(s: Any, encoding: str = "utf-8") -> str:
    """A value as text; None as '', bytes decoded."""
    if s is None:
        return ""
    return s.decode(encoding) if isinstance(s, bytes) else str(s)


def as_unicode(text: Any, encoding: str = "utf-8") -> str:
    """A value as text; None as '', bytes decoded."""
    return cstr(text, encoding)


def safe_encode(param: Any, encoding: str = "utf-8") -> Any:
    """Text as bytes; anything else as it is."""
    return param.encode(encoding) if isinstance(param, str) else param


def safe_decode(
    param: Any, encoding: str = "utf-8", fallback_map: Mapping[str, str] | None = None
) -> Any:
    """Bytes as text, of an unknown encoding by `fallback_map`; anything else as it is."""
    for name in (encoding, (fallback_map or {}).get(encoding, "utf-8")):
        try:
            return param.decode(name) if isinstance(param, bytes) else param
        except UnicodeDecodeError:
            return param
        except LookupError:
            continue
    return param


def scrub(txt: str) -> str:
    """A name as code has it: `Sales Order` as `sales_order`."""
    return cstr(txt).replace(" ", "_").replace("-", "_").lower()


def unscrub(txt: str) -> str:
    """A name as people see it: `sales_order` as `Sales Order`."""
    return txt.replace("_", " ").replace("-", " ").title()


def bold(text: Any) -> str:
    """The text in HTML's `<strong>`, not escaped."""
    return f"<strong>{text}</strong>"


def generate_hash(txt: str | None = None, length: int = 56) -> str:
    """`length` random hexadecimal digits, 56 unless it is given."""
    length = length or 56
    return secrets.token_hex(math.ceil(length / 2))[:length]


def random_string(length: int) -> str:
    """`length` random hexadecimal digits."""
    return generate_hash(length=length)


def sha256_hash(input: str | bytes) -> str:
    """The SHA-256 of a text, in hexadecimal digits."""
    return hashlib.sha256(input.encode() if isinstance(input, str) else input).hexdigest()


def strip(val: str, chars: str | None = None) -> str:
    """Without invisible characters at its ends."""
    return (val or "").replace("\ufeff", "").replace("\u200b", "").strip(chars)


def strip_html(text: str) -> str:
    """The text without its HTML tags; entities stay."""
    return re.sub(r"<!--.*?-->|<[^>]*>", "", text or "")


strip_html_tags = strip_html


def escape_html(text: Any) -> Any:
    """The text with what HTML reserves as entities."""
    return html.escape(text).replace("&#x27;", "&apos;") if isinstance(text, str) else text


def is_html(text: str) -> bool:
    """Whether a text has an HTML tag."""
    return bool(re.search(r"<\w+[^>]*>", text or ""))


def comma_sep(some_list: Any, pattern: str, add_quotes: bool = True) -> Any:
    """'a', 'b' and 'c' by `{0} and {1}`; what stands alone stays as it is."""
    if not isinstance(some_list, (list, tuple)):
        return some_list
    texts = [str(item) for item in some_list]
    if len(texts) < 2:
        return "".join(texts)
    quoted = [f"'{text}'" for text in texts] if add_quotes else texts
    return pattern.format(", ".join(quoted[:-1]), quoted[-1])


def comma_and(some_list: Any, add_quotes: bool = True) -> Any:
    """A list in words: 'a', 'b' and 'c'; from 16 on with a comma before the last."""
    return comma_sep(some_list, _ended_by("and"), add_quotes)


def comma_or(some_list: Any, add_quotes: bool = True) -> Any:
    """A list in words: 'a', 'b' or 'c'; from 16 on with a comma before the last."""
    return comma_sep(some_list, _ended_by("or"), add_quotes)


def _ended_by(word: str) -> str:
    return f"{{0}}{', ' if settings.current().frappe_version > 15 else ' '}{word} {{1}}"


def get_abbr(string: str, max_len: int = 2) -> str:
    """The first letters of its words; '?' where it has none."""
    return "".join(word[0] for word in string.split())[:max_len] or "?"


def get_table_name(table_name: str, wrap_in_backticks: bool = False) -> str:
    """The table of a doctype's documents: `tabItem`."""
    name = table_name if table_name.startswith("__") else f"tab{table_name}"
    return f"`{name}`" if wrap_in_backticks else name


def quoted(url: Any) -> str:
    """With what an address may not have escaped."""
    return quote(cstr(url), safe="~@#$&()*!+=:;,.?/'")


def unique(seq: Iterable[Any]) -> list[Any]:
    """What is in the list, each once, in its order."""
    return list(dict.fromkeys(seq))


def create_batch(iterable: Sequence[Any] | Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of at most `size` of them, in order."""
    items = list(iterable)
    for start in range(0, len(items), size):
        yield items[start : start + size]


def validate_email_address(email_str: str, throw: bool = False) -> str:
    """The addresses in it, or '' when there is none.

    Raises:
        InvalidEmailAddressError: with `throw`, when one is none.
    """
    text = cstr(email_str).strip()
    parts = getaddresses([re.sub(r"[\n\r]", ",", text)]) or [("", "")]
    if settings.current().frappe_version < 16:
        given = [part.strip() for part in text.split(",")]
        parts = [("", "" if " " in e and "<" not in e else parseaddr(e)[1]) for e in given]
    found = []
    for name, address in parts:
        if _EMAIL.match(address) and "undisclosed-recipient" not in address:
            found.append(address)
        elif throw and "undisclosed-recipient" not in address:
            raise InvalidEmailAddressError(
                f"{address or name or text} is not a valid Email Address"
            )
    return ", ".join(found)


def split_emails(txt: str) -> list[str]:
    """The addresses of a list in text; a comma in quotes is part of a name."""
    text = re.sub(r"[\t\n\r]", " ", cstr(txt))
    parts = re.split(r",(?=(?:[^\"]|\"[^\"]*\")*$)", text)
    return [part.strip() for part in parts if part.strip()]


def get_fullname(user: str | None = None) -> str:
    """The user's name as known here: the user."""
    return user or local.session.user or ""


# -- Markdown and HTML, each as the other

_EXTRAS = {
    **dict.fromkeys(("fenced-code-blocks", "tables", "header-ids", "toc", "highlightjs-lang")),
    "html-classes": {"table": "table table-bordered", "img": "screenshot"},
}


def md_to_html(markdown_text: str) -> str:
    """Markdown as HTML. Needs `markdown2`, as Frappe does."""
    markdown2 = required("markdown2", "md_to_html")
    return str(markdown2.markdown(markdown_text or "", extras=_EXTRAS))


markdown = md_to_html


def html2text(html: str, strip_links: bool = False, wrap: bool = True) -> str:
    """HTML as Markdown."""
    from markdownify import markdownify

    strip = ["a"] if strip_links else None
    return str(markdownify(html, heading_style="ATX", strip=strip, wrap=wrap))


def to_markdown(html: str) -> str:
    """HTML as Markdown."""
    return html2text(html or "")


# -- addresses of pages


@lacks(full_address=ANY, allow_header_override=ANY)
def get_url(uri: str | None = None) -> str:
    """The site's address: `host_name` in its configuration, else http://<site>.

    With the port of a bench's own web server, `http_port` or `webserver_port`, where it names one.
    """
    conf = local.conf
    host = str(conf.get("host_name") or conf.get("hostname") or local.site)
    if not host.startswith(("http://", "https://")):
        host = f"http{'s' if conf.get('ssl_certificate') else ''}://{host}"
    port = conf.get("http_port") or conf.get("webserver_port")
    is_behind = conf.get("restart_supervisor_on_update") or conf.get("restart_systemd_on_update")
    if port and not is_behind and host.count(":") == 1:
        host = f"{host}:{port}"
    return urljoin(host, uri) if uri else host


def slug(doctype: str) -> str:
    """A doctype as addresses have it: `sales-order`."""
    return doctype.lower().replace(" ", "-")


def _desk(path: str) -> str:
    """An address in the Desk, which 16 has moved."""
    return get_url(f"{'app' if settings.current().frappe_version < 16 else 'desk'}/{path}")


def get_url_to_form(doctype: str, name: str | None = None) -> str:
    """The address of a document's form, without a name that of the list."""
    return _desk(f"{quoted(slug(doctype))}/{quoted(name)}") if name else get_url_to_list(doctype)


def get_link_to_form(doctype: str, name: str | None = None, label: str | None = None) -> str:
    """A link to a document's form, in HTML."""
    return f'<a href="{get_url_to_form(doctype, name)}">{label or name or doctype}</a>'


def get_url_to_list(doctype: str) -> str:
    """The address of a doctype's list."""
    return _desk(quoted(slug(doctype)))


def get_url_to_report(name: str, report_type: str | None = None, doctype: str | None = None) -> str:
    """The address of a report in the Desk."""
    if report_type == "Report Builder":
        return _desk(f"{quoted(slug(cstr(doctype)))}/view/report/{quoted(name)}")
    return _desk(f"query-report/{quoted(name)}")


# -- JSON


def json_handler(value: Any) -> Any:
    """What `frappe.as_json` makes of what JSON does not have."""
    if isinstance(value, (datetime, date, time, timedelta)):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if isinstance(value, type) or callable(value):
        return repr(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{value!r} ({type(value).__name__}) is not JSON serializable")


def as_json(
    obj: Any, indent: int | None = 1, separators: Any = None, ensure_ascii: bool = True
) -> str:
    """JSON with sorted keys, dates as text."""
    options: dict[str, Any] = {"separators": separators or (",", ": "), "default": json_handler}
    options |= {"indent": indent, "ensure_ascii": ensure_ascii}
    try:
        return json.dumps(obj, sort_keys=True, **options)
    except TypeError:
        return json.dumps(dict(sorted(obj.items(), key=lambda item: str(item[0]))), **options)


def parse_json(val: Any) -> Any:
    """What JSON text says, dictionaries as `_dict`; anything else as it is."""
    if isinstance(val, str):
        val = json.loads(val)
    return _dict(val) if isinstance(val, dict) else val


def safe_json_loads(*args: str) -> Any:
    """Each read as JSON, or as it is when it is none."""
    found = []
    for text in args:
        try:
            found.append(json.loads(text))
        except (ValueError, TypeError):
            found.append(text)
    return found if len(found) > 1 else found[0]
