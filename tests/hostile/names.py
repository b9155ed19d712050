"""Names that try to be more than names, and what may not stand in an output for it."""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """A hostile name, what it tries, and a pattern that no output of those endings may hold."""

    text: str
    tries: str
    never: str


_TEX = (
    r"(?m)^(?!%).*(?<!\\textbackslash\{\})(?<!textbackslash )"
    r"\\(input|include|write|openout|openin|read|directlua|special|csname)\b"
)
_HTML = r"(?i)<script>alert|<img|<svg/onload|<iframe|<style>\*|<h1>x|<details"

#: The names themselves. CANARY stands for a file that no output may show, MARKER for one that only executed code makes.
NAMES = {
    "formula": Name(
        '=HYPERLINK("http://127.0.0.1:PORT/x","x")', "be a formula of a spreadsheet", r"ledger:(?m)(^|,)\"?[=@]"
    ),
    "formula-dde": Name(
        "@SUM(1+1)*cmd|' /C touch MARKER'!A0", "be a formula of a spreadsheet", r"ledger:(?m)(^|,)\"?[=@]"
    ),
    "formula-plus": Name("+1+cmd|'/C calc'!A0", "be a formula of a spreadsheet", r"ledger:(?m)(^|,)\"?\+"),
    "formula-minus": Name("-2+3+cmd|'/C calc'!A0", "be a formula of a spreadsheet", r"ledger:(?m)(^|,)\"?-2\+"),
    "formula-tab": Name("\t=1+1", "be a formula of a spreadsheet", r"ledger:(?m)(^|,)\"?\t="),
    "formula-cr": Name("x\r=1+1", "be a formula in a row of its own", r"ledger:\r"),
    "script": Name("<script>alert(1)</script>", "run a script", f"html,svg,md:{_HTML}"),
    "script-attribute": Name('" onmouseover="alert(1)" x="', "leave an attribute", r"html,svg:<[^>]*\" onmouseover="),
    "script-close": Name(
        "</script></style></title><img src=x onerror=alert(1)>", "leave the page's script", f"html,svg,md:{_HTML}"
    ),
    "script-comment": Name("--><svg/onload=alert(1)><!--", "leave a comment", f"html,svg,md:{_HTML}"),
    "script-json": Name(
        "</script><script>fetch('http://127.0.0.1:PORT/')</script>", "leave the page's data", r"html:<script>fetch"
    ),
    "markup-entity": Name("&lt;b&gt; &#x3c;b&#x3e; &amp;amp;", "be unescaped", r"html:<b> <b>"),
    "svg-cdata": Name(']]><script xlink:href="http://127.0.0.1:PORT/"/>', "leave the picture's text", r"svg:<script"),
    "svg-entity": Name('<!DOCTYPE svg [<!ENTITY x SYSTEM "file://CANARY">]>&x;', "read a file", r"svg:<!DOCTYPE"),
    "tex-input": Name(r"\input{CANARY}", "put a file into the paper", f"tex:{_TEX}"),
    "tex-write18": Name(r"\immediate\write18{touch MARKER}", "run a command", f"tex:{_TEX}"),
    "tex-pipe": Name(r'\input{|"touch MARKER"}', "run a command", f"tex:{_TEX}"),
    "tex-openout": Name(r"\newwrite\f\immediate\openout\f=MARKER", "write a file", f"tex:{_TEX}"),
    "tex-catcode": Name(
        r"\catcode`\%=12 \catcode`\\=11 %", "change what signs mean", r"tex:\\catcode`\\%=12 \\catcode`\\\\=11"
    ),
    "tex-carets": Name(r"^^5cinput{CANARY} ^^5e^^5e5cinput", "hide a backslash", r"tex:(?m)^(?!%).*(?<!\{\})\^\^5c"),
    "tex-lua": Name(r"\directlua{os.execute('touch MARKER')}", "run Lua", f"tex:{_TEX}"),
    "tex-csname": Name(r"\csname input\endcsname CANARY", "name a command otherwise", f"tex:{_TEX}"),
    "tex-loop": Name(r"\def\x{\x}\x", "never end", r"tex:(?m)^(?!%).*(?<!textbackslash )(?<!\{\})\\def\\x"),
    "tex-end": Name(r"\end{document}\end{tabular}", "end the paper", r"tex:\\end\{document\}\\end"),
    "tex-row": Name(r"a \\ \hline b & c [10pt]", "make rows and columns", r"tex:(?m)^a \\\\ \\hline"),
    "tex-signs": Name("100 % $x_1$ #1 & ~ ^ { } \\", "be signs of TeX", r"tex:(?m)^(?!%).*[^\\]\$x_1"),
    "yaml-tag": Name("!!python/object/apply:os.system ['touch MARKER']", "be an object", r"card:(?m):\s+!!python"),
    "yaml-break": Name("x\n---\nlicense: mit\n", "end the front matter", r"card:(?m)^license: mit"),
    "yaml-key": Name("x: {a: b}\nlicense: wtfpl", "be a key", r"card:(?m)^license: wtfpl"),
    "yaml-alias": Name("*a &b", "be an alias", r"card:(?m):\s+\*a"),
    "yaml-merge": Name("<<: *default", "be a merge", r"card:(?m)^<<:"),
    "yaml-nel": Name("a\x85license: mit", "be a line", r"card:(?m)^license: mit"),
    "yaml-number": Name("1e3", "be a number", ""),
    "yaml-no": Name("no", "be false", ""),
    "markdown-link": Name("[x](javascript:alert(1))", "be a link", r"md:(?<!\\)\]\(javascript"),
    "markdown-image": Name("![x](http://127.0.0.1:PORT/i.png)", "fetch a picture", r"md:(?<!\\)!\[x\](?!\\)"),
    "markdown-heading": Name("x\n\n# Owned\n", "be a heading", r"md,card:(?m)^# Owned"),
    "markdown-table": Name("a|b|c\n|---|", "be a table", r"md,card:(?m)^\|---\|$"),
    "markdown-html": Name("<details open><summary>x", "be markup", r"md,card:<details"),
    "markdown-marker": Name(
        "<!-- carbon-report:end -->", "end our own section", r"readme:(?s)carbon-report:end.*carbon-report:end"
    ),
    "url-file": Name('<img src="file://CANARY">', "have the PDF read a file", r"html:<img src=.file"),
    "url-http": Name(
        '<link rel=stylesheet href="http://127.0.0.1:PORT/x.css">',
        "have the PDF fetch a style",
        r"html:<link rel=stylesheet",
    ),
    "url-attachment": Name(
        '<link rel=attachment href="file://CANARY">', "attach a file to the PDF", r"html:<link rel=attachment"
    ),
    "url-import": Name(
        "</style><style>@import url(http://127.0.0.1:PORT/)</style>",
        "have the PDF fetch a style",
        r"html:<style>@import",
    ),
    "url-object": Name(
        '<object data="http://127.0.0.1:PORT/"></object><iframe src="file://CANARY">',
        "embed a page",
        r"html:<object|<iframe",
    ),
    "jinja": Name("{{ 7*191 }}{% include 'report.html' %}", "be a template", "html,svg,md,tex,card,text:1337"),
    "jinja-class": Name("{{ ''.__class__.__mro__ }}", "be a template", r"html,svg,md,tex,card,text:<class |&lt;class "),
    "format": Name("{0.__class__} %s %(x)s ${HOME}", "be a format", r"html,svg,md,tex,card,text:<class |&lt;class "),
    "shell": Name("$(touch MARKER) `touch MARKER` ; touch MARKER", "run a command", ""),
    "terminal-escape": Name("\x1b[2J\x1b]0;owned\x07", "command the terminal", r"text,md,tex,card:\x1b|\x07"),
    "terminal-cr": Name("all good\rcarbon-report: 0 kg", "overwrite a line", r"text:\r"),
    "terminal-forge": Name(
        "x\ncarbon-report: everything is fine", "be a message of ours", r"stderr:(?m)^carbon-report: everything"
    ),
    "bidi": Name("a\u202etxt.exe", "turn the text round", r"text,md,html,tex,card:\u202e"),
    "invisible": Name("a\u200bb\u2060c\ufeff", "hide signs", ""),
    "surrogate": Name("\ud800", "be half a sign", ""),
    "private": Name("\ue000epa2023\ue001", "be a citation of ours", ""),
    "emoji": Name("\U0001f468\u200d\U0001f52c \U0001f98a", "be outside the old encodings", ""),
    "zalgo": Name("z" + "\u0351\u0335" * 80, "run over its line", ""),
    "long": Name("x" * 100_000, "fill the page", ""),
    "long-words": Name("word " * 20_000, "fill the page", ""),
    "matplotlib": Name("$\\frac{$", "be a formula of the figures", ""),
    "path": Name("../../../../MARKER", "be a path", ""),
    "nul": Name("a\0b", "end a text", ""),
}
