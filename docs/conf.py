"""How Sphinx builds these pages: `./dev docs`. What a page says stands in the page."""

from __future__ import annotations

from frappe_celery import __version__

project = "frappe_celery"
author = "frappe_celery contributors"
copyright = f"{author}, MIT License"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click"]
myst_enable_extensions = ["colon_fence", "deflist"]
# a link to `#what-differs` is one to that heading
myst_heading_anchors = 3

# -- stays two dashes, as an option is typed
smartquotes = False

html_theme = "furo"
html_title = f"frappe_celery {release}"
html_copy_source = False
