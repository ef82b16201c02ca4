"""`frappe.render_template`: Jinja templates, as text or from the apps' folders, in a sandbox."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.site.app_hooks import get_hooks
from frappe_standalone.site.calling import get_attr
from frappe_standalone.site.context import AppsKey, current_apps
from frappe_standalone.utils.numbers import cint, flt
from frappe_standalone.utils.text import as_json, cstr

if TYPE_CHECKING:  # a process that renders nothing is spared Jinja
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

_FILES = ("html", "css", "scss", "py", "md", "json", "js", "xml", "txt")


def render_template(
    template: str,
    context: Mapping[str, Any] | None = None,
    is_path: bool | None = None,
    safe_render: bool = True,
) -> str:
    """A template's text with these values; `template` is its text, or its path in an app.

    Raises:
        ValidationError: it is no template.
        jinja2.TemplateNotFound: no app has it.
    """
    from jinja2.exceptions import TemplateError, TemplateNotFound

    if not template:
        return ""
    try:
        if is_path or guess_is_path(template):
            return get_template(template).render(context or {})
        if safe_render and ".__" in template:
            raise ValidationError("Illegal template")
        return get_jenv().from_string(template).render(context or {})
    except TemplateNotFound:
        raise
    except TemplateError as exc:
        raise ValidationError(f"Jinja Template Error: {exc}\n{template}") from exc


def guess_is_path(template: str) -> bool:
    """Whether it is a file's name and no text."""
    return "\n" not in template and template.rpartition(".")[2] in _FILES and "." in template


def get_template(path: str) -> Template:
    """A template of an app: `templates/emails/news.html`, or with the app before it.

    Raises:
        jinja2.TemplateNotFound: no app has it.
    """
    return get_jenv().get_template(path)


def validate_template(html: str) -> None:
    """Raises ValidationError where it is no template."""
    from jinja2.exceptions import TemplateSyntaxError

    try:
        if html:
            get_jenv().from_string(html)
    except TemplateSyntaxError as exc:
        raise ValidationError(
            f"Syntax error in template as line {exc.lineno}: {exc.message}"
        ) from exc


def get_email_from_template(name: str, args: Mapping[str, Any] | None) -> tuple[str, str | None]:
    """`templates/emails/<name>.html`, and `.txt` where an app has it."""
    from jinja2.exceptions import TemplateNotFound

    html = get_template(f"templates/emails/{name}.html").render(args or {})
    try:
        return html, get_template(f"templates/emails/{name}.txt").render(args or {})
    except TemplateNotFound:
        return html, None


def get_jenv() -> SandboxedEnvironment:
    """The site's environment, with what the apps' `jinja` hooks add; made once a visit."""
    found: SandboxedEnvironment | None = getattr(local, "jinja_environment", None)
    if found is None:
        from frappe_standalone.site import template_names

        found = local.jinja_environment = _environment(current_apps()).overlay()
        found.globals = {**found.globals, **template_names.get_safe_globals()}
        found.filters = {**found.filters, **template_names.filters()}
        hooks = get_hooks("jinja") or {}
        found.globals.update(_functions(hooks.get("methods", ())))
        found.filters.update(_functions(hooks.get("filters", ())))
    return found


@lru_cache(maxsize=8)
def _environment(apps: AppsKey) -> SandboxedEnvironment:
    """The last app's templates go before those of the ones before it."""
    from jinja2 import ChoiceLoader, DebugUndefined, PackageLoader, PrefixLoader

    from frappe_standalone.site.template_names import Sandbox

    names = get_hooks("template_apps") or list(reversed(apps[1]))
    loaders = {name: PackageLoader(name, ".") for name in names}
    jenv = Sandbox(
        loader=ChoiceLoader([PrefixLoader(loaders), *loaders.values()]), undefined=DebugUndefined
    )
    jenv.filters.update(json=as_json, len=len, int=cint, str=cstr, flt=flt)
    return jenv


def _functions(paths: Any) -> dict[str, Any]:
    """Those of a module, or the one that a path names; `name:path` gives it another name."""
    found: dict[str, Any] = {}
    for path in paths:
        alias, _, path = path.rpartition(":")
        try:
            thing: Any = import_module(path)
        except ModuleNotFoundError:
            thing = get_attr(path)
        if isinstance(thing, ModuleType):
            found.update(inspect.getmembers(thing, inspect.isfunction))
        else:
            found[alias or thing.__name__] = thing
    return found
