"""Markdown and HTML, each as the other."""

from __future__ import annotations

from frappe_standalone.utils.packages import required

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
    """HTML as Markdown. Needs `markdownify`, as Frappe does."""
    markdownify = required("markdownify", "to_markdown")
    strip = ["a"] if strip_links else None
    return str(markdownify.markdownify(html, heading_style="ATX", strip=strip, wrap=wrap))


def to_markdown(html: str) -> str:
    """HTML as Markdown. Needs `markdownify`, as Frappe does."""
    return html2text(html or "")
