"""`frappe.sendmail`, by the mail server of the site's configuration or of the Django project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frappe_standalone.database import django_setup
from frappe_standalone.exceptions import OutgoingEmailError
from frappe_standalone.local import local
from frappe_standalone.missing import unsupported
from frappe_standalone.site.context import ADMINISTRATOR, conf, flags
from frappe_standalone.site.requests import GUEST
from frappe_standalone.site.templates import get_email_from_template
from frappe_standalone.utils.numbers import cint
from frappe_standalone.utils.text import md_to_html, split_emails, strip_html


def sendmail(
    recipients: Any = None,
    sender: str = "",
    subject: str = "No Subject",
    message: str = "No Message",
    as_markdown: bool = False,
    delayed: bool = True,
    *_args: Any,
    content: str | None = None,
    cc: Any = None,
    bcc: Any = None,
    reply_to: str | None = None,
    attachments: list[dict[str, Any]] | None = None,
    now: bool | None = None,
    template: str | None = None,
    args: Mapping[str, Any] | None = None,
    send_after: Any = None,
    in_reply_to: str | None = None,
    email_headers: Mapping[str, str] | None = None,
    inline_images: Any = None,
    **_ignored: Any,
) -> None:
    """Send HTML to people: after the commit, or at once with `now` or `delayed=False`.

    Administrator and Guest, who have no address, get none.

    `template` is an app's `templates/emails/<template>.html`, rendered with `args`.

    The site's `mail_server`, `mail_port`, `mail_login`, `mail_password`, `use_tls`, `use_ssl` and
    `auto_email_id` are used, else Django's mail settings. `mute_emails` sends nothing.

    Raises:
        OutgoingEmailError: neither names a mail server.
        ValueError: a recipient is no address.
        NeedsFrappeSite: `send_after`, `inline_images`, an attachment that only names its content.
    """
    for name, given in (("send_after", send_after), ("inline_images", inline_images)):
        if given:
            raise unsupported(f"sendmail({name}=…)")
    if flags.mute_emails or cint(conf.mute_emails):
        return
    connection = _connection()
    from django.core.mail import EmailMultiAlternatives

    html, text = content or message, None
    if template:
        html, text = get_email_from_template(template, args)
    if as_markdown:
        html = md_to_html(html)
    mail = EmailMultiAlternatives(
        subject=subject,
        body=text or strip_html(html),
        from_email=sender or conf.auto_email_id or None,
        to=_addresses(recipients),
        cc=_addresses(cc),
        bcc=_addresses(bcc),
        reply_to=[reply_to] if reply_to else None,
        headers={**({"In-Reply-To": in_reply_to} if in_reply_to else {}), **(email_headers or {})},
        connection=connection,
    )
    mail.attach_alternative(html, "text/html")
    for attachment in attachments or []:
        if "fcontent" not in attachment:
            raise unsupported(f"sendmail with the attachment {attachment!r}, without fcontent")
        mail.attach(attachment.get("fname"), attachment["fcontent"])
    mail.message()  # what is wrong with it raises here, not after the commit
    if now or not delayed:
        mail.send()
    else:
        local.db.after_commit.add(mail.send)


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
