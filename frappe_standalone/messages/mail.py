"""`frappe.sendmail`, by the mail server of the site's configuration or of the Django project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frappe_standalone.database import django_setup
from frappe_standalone.exceptions import OutgoingEmailError
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks, unsupported
from frappe_standalone.site.context import ADMINISTRATOR, conf, flags
from frappe_standalone.site.requests import GUEST
from frappe_standalone.site.templates import get_email_from_template
from frappe_standalone.utils.numbers import cint
from frappe_standalone.utils.text import md_to_html, split_emails, to_markdown, unique

_AT_MOST_TOGETHER = 100
"""From more recipients on each is a round by itself, as in Frappe: who is copied gets each."""


@lacks(
    **dict.fromkeys(("reference_doctype", "reference_name", "doctype", "name", "retry"), ANY),
    **dict.fromkeys(("send_priority", "is_notification", "raw_html", "add_css"), ANY),
    **dict.fromkeys(("with_container", "print_letterhead", "add_unsubscribe_link"), ANY),
    **dict.fromkeys(("unsubscribe_method", "unsubscribe_params"), ANY),
    **dict.fromkeys(("unsubscribe_message", "send_after", "communication", "read_receipt")),
    **dict.fromkeys(("inline_images", "header", "email_read_tracker_url")),
)
def sendmail(
    recipients: Any = None,
    sender: str = "",
    subject: str = "No Subject",
    message: str = "No Message",
    as_markdown: bool = False,
    delayed: bool = True,
    *,
    content: str | None = None,
    cc: Any = None,
    bcc: Any = None,
    expose_recipients: str | None = None,
    queue_separately: bool = False,
    reply_to: str | None = None,
    attachments: list[dict[str, Any]] | None = None,
    now: bool | None = None,
    template: str | None = None,
    args: Mapping[str, Any] | None = None,
    message_id: str | None = None,
    in_reply_to: str | None = None,
    x_priority: int = 3,
    email_headers: Mapping[str, str | None] | None = None,
) -> None:
    """Send HTML to people: after the commit, or at once with `now` or `delayed=False`.

    Each person gets a mail that names the others of `cc` alone; with `expose_recipients="header"`
    those of `recipients` too. Administrator and Guest, who have no address, get none.

    `template` is an app's `templates/emails/<template>.html`, rendered with `args`; `in_reply_to`
    names a Communication.

    The site's `mail_server`, `mail_port`, `mail_login`, `mail_password`, `use_tls`, `use_ssl` and
    `auto_email_id` are used, else Django's mail settings. `mute_emails` sends nothing.

    Raises:
        OutgoingEmailError: neither names a mail server.
        ValueError: a recipient is no address.
        NeedsFrappeSite: what only Frappe's own mails have, as `header`, `send_after`, a footer; an
            attachment that only names its content.
    """
    if expose_recipients == "footer":
        raise unsupported("sendmail(expose_recipients='footer')")
    if flags.mute_emails or cint(conf.mute_emails):
        return
    connection = _connection()
    from django.core.mail import EmailMultiAlternatives

    html, text = content or message, None
    if template:
        html, text = get_email_from_template(template, args)
    if as_markdown:
        html = md_to_html(html)
    to, copied = _addresses(recipients), _addresses(cc)
    others = [*copied, *_addresses(bcc)]
    headers = {"X-Priority": str(x_priority)} if x_priority != 3 else {}
    headers |= {"Cc": ", ".join(copied)} if copied else {}
    headers |= {"To": ", ".join(to)} if to and expose_recipients == "header" else {}
    headers |= {"Message-ID": f"<{message_id}>"} if message_id else {}
    if in_reply_to and (
        asked := local.db.get_value("Communication", in_reply_to, "message_id", ignore=True)
    ):
        headers["In-Reply-To"] = f"<{asked.strip('<> ')}>"
    for name, value in (email_headers or {}).items():
        if value is not None:
            headers[name if name.startswith("X-") else f"X-{name}"] = value
    mails = []
    separately = (to and queue_separately) or len(to) > _AT_MOST_TOGETHER
    for together in [[each] for each in to] if separately else [to]:
        for address in unique([*together, *others]):
            mail = EmailMultiAlternatives(
                subject=subject,
                body=text or to_markdown(html),
                from_email=sender or conf.auto_email_id or None,
                to=[address],
                reply_to=[reply_to] if reply_to else None,
                headers=headers,
            )
            mail.attach_alternative(html, "text/html")
            for attachment in attachments or []:
                if "fcontent" not in attachment:
                    raise unsupported(f"sendmail with the attachment {attachment!r}, no fcontent")
                mail.attach(attachment.get("fname"), attachment["fcontent"])
            mail.message()  # what is wrong with it raises here, not after the commit
            mails.append(mail)
    if now or not delayed:
        connection.send_messages(mails)
    elif mails:
        local.db.after_commit.add(lambda: connection.send_messages(mails))


def _addresses(given: Any) -> list[str]:
    listed = given if isinstance(given, (list, tuple, set)) else split_emails(given or "")
    found = [each for each in listed if each and each not in (ADMINISTRATOR, GUEST)]
    for each in found:
        if not isinstance(each, str):
            raise ValueError(f"{each!r} is no mail address")
    return found


def _connection() -> Any:
    django_setup.load()
    from django.core.mail import get_connection

    if conf.mail_server:
        return get_connection(
            "django.core.mail.backends.smtp.EmailBackend",
            host=conf.mail_server,
            port=cint(conf.mail_port) or 25,
            username=conf.mail_login or "",
            password=conf.mail_password or "",
            use_tls=bool(cint(conf.use_tls)),
            use_ssl=bool(cint(conf.use_ssl)),
        )
    if django_setup.is_own_project():
        return get_connection()
    raise OutgoingEmailError(
        f"no mail server for {local.site}: set mail_server (and mail_port, mail_login,"
        " mail_password, use_tls, auto_email_id) in its site_config.json"
    )
