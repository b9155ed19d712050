"""Sphinx's settings: Furo, MyST, equations as MathML. Nothing is fetched, neither by who builds nor by who reads."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # the pages describe this checkout, not what is installed

from told import SCHEMA  # noqa: E402

from reporter import __version__  # noqa: E402 - found by the line above

project = "carbon-report"
author = "The carbon-report authors"
project_copyright = "The carbon-report authors, Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "equations", "generate"]
exclude_patterns = ["_build", "**/ORIGIN.md"]
source_suffix = {".md": "markdown"}
nitpicky = True
smartquotes = False  # would make a dash of the two of an option

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

_GREEN = {"color-brand-primary": "#0b6b46", "color-brand-content": "#0b6b46"}
_LIGHT_GREEN = {"color-brand-primary": "#5fd3a0", "color-brand-content": "#5fd3a0"}
html_theme = "furo"
html_title = "carbon-report"
html_extra_path = [str(SCHEMA)]
html_static_path = ["_static"]
html_css_files = ["docs.css"]
html_js_files = ["docs.js"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": _GREEN | {"font-stack": "system-ui, sans-serif"},
    "dark_css_variables": _LIGHT_GREEN,
    "navigation_with_keys": False,
}
