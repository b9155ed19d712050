"""The directive `generated`: parts of pages that the program itself tells, made when the site is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import factor_tables
import python_names
import told
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

#: What can be generated, as Markdown.
TEXTS: dict[str, Callable[[str], str]] = {
    "options": told.options,
    "usage": told.usage,
    "configuration": told.configuration,
    "importers": told.importers,
    "outputs": told.outputs,
    "destinations": told.destinations,
    "findings": told.findings,
    "schema": told.schema,
    "api": python_names.names,
    "api-introduction": python_names.introduction,
    "factor-tables": factor_tables.listed,
    "sources": factor_tables.sources,
}


class Generated(SphinxDirective):
    """``{generated} NAME [WHAT]``: Markdown that told.py makes, or a table of figures."""

    required_arguments = 1
    optional_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """The nodes in the place of the directive."""
        name, what = self.arguments[0], (self.arguments[1:] or [""])[0]
        self.env.note_reread()  # what the program tells changes without a change of the page
        if name == "factors":
            return [nodes.raw("", factor_tables.table(what), format="html")]
        if name not in TEXTS:
            raise self.error(f"nothing of the name {name} is generated; there are factors, {', '.join(TEXTS)}")
        return self.parse_text_to_nodes(TEXTS[name](what), allow_section_headings=True)


def levelled(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Give the headings of the list of pages the level that screen readers ask for and Sphinx leaves out."""
    for key in ("furo_navigation_tree", "body"):
        if key in context:
            context[key] = context[key].replace('role="heading">', 'role="heading" aria-level="2">')


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of the directive."""
    app.add_directive("generated", Generated)
    app.connect("html-page-context", levelled, priority=900)  # after the theme has made its list of pages
    return {"parallel_read_safe": True, "parallel_write_safe": True}
