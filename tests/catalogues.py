"""The messages for translators: python -m tests.catalogues --write brings templates/words/*/labels.po up to date.

What is new in a catalogue has an empty msgstr.
"""

from __future__ import annotations

import ast
import csv
import json
import re
import sys
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from reporter.report import DEFAULT_TITLE
from reporter.wording import LANGUAGES

from .conftest import ROOT

FOREIGN = tuple(code for code in LANGUAGES if code != "en")
HEAD = """# The labels and sentences of carbon-report in {name}; whole paragraphs stand beside this file.
# What stands in braces is put in by the program and keeps its name. An empty msgstr prints the English.
msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"
"""
PLURALS = dict.fromkeys(("de", "es", "nb"), "nplurals=2; plural=(n != 1);") | {
    "fr": "nplurals=2; plural=(n > 1);",
    "zh": "nplurals=1; plural=0;",
}
Message = tuple[str, str | None]  # one, and many where a number decides

_MARKED = re.compile(r'\b(?:_|put|say)\(\s*"((?:[^"\\]|\\.)*)"')


@cache
def messages() -> tuple[Message, ...]:
    """Every message, by the alphabet, so that moving code moves nothing in the catalogues."""
    found = {*_of_code(), *_of_templates(), *_of_tables()}
    return tuple(sorted(found, key=lambda message: (message[0].casefold(), message[0], message[1] or "")))


def _of_code() -> list[Message]:
    found: list[Message] = []
    for path in sorted((ROOT / "reporter").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if name in {"phrase", "message"} and texts:
                found.append((texts[0], None))
            elif name == "phrases" and len(texts) == 2:
                found.append((texts[0], texts[1]))
    return found


def _of_templates() -> list[Message]:
    paths = (path for path in (ROOT / "templates").rglob("*.*") if path.is_file() and "__pycache__" not in path.parts)
    texts = (text for path in paths for text in _MARKED.findall(path.read_text(encoding="utf-8")))
    return [(json.loads(f'"{text}"'), None) for text in texts]


def _of_tables() -> list[Message]:
    """What the bundled figures are called, as far as a report prints it without being asked for another figure."""
    texts = [DEFAULT_TITLE, "error", "warning", "note"]
    for row in _rows("equivalents"):
        if row["role"] == "default":
            texts += [row["label"], row["unit"].partition("/")[2]]
    for name, column in (("intensity", "boundary"), ("cloud_regions", "boundary"), ("social_cost", "boundary")):
        texts += sorted({row[column] for row in _rows(name)})
    texts += [row["label"] for row in _rows("social_cost") if row["role"] == "default"]
    texts += [f"measurement: {row['label']}" for row in _rows("measurement")]
    assessed = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "reporter/assess").glob("*.py")))
    texts += re.findall(r'Part\(\s*"([^"]+)"', assessed)
    phases = (ROOT / "reporter/phases.py").read_text(encoding="utf-8")
    texts += re.findall(r'"([^"]+)"', phases[phases.index("PHASES = ") :].partition("\n")[0])
    return [(text, None) for text in texts if text]


def _rows(name: str) -> list[dict[str, str]]:
    with (ROOT / f"reporter/factors/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def path_of(code: str) -> Path:
    return ROOT / "templates" / "words" / code / "labels.po"


def translations(code: str) -> dict[Message, tuple[str, ...]]:
    """A catalogue's messages with what it says for each."""
    if not path_of(code).exists():
        return {}
    with path_of(code).open("rb") as file:
        catalogue = read_po(file, code)
    found: dict[Message, tuple[str, ...]] = {}
    for entry in catalogue:
        if entry.id:
            key = (str(entry.id), None) if isinstance(entry.id, str) else (entry.id[0], entry.id[1])
            said = entry.string or ""
            found[key] = (said,) if isinstance(said, str) else tuple(said)
    return found


def written(code: str, told: dict[Message, tuple[str, ...]]) -> str:
    """The catalogue as a file, by the alphabet."""
    out = [HEAD.format(name=LANGUAGES[code], code=code, plural=PLURALS[code])]
    for one, many in messages():
        said = told.get((one, many), ())
        lines = [f"msgid {_quoted(one)}"]
        if many is None:
            lines.append(f"msgstr {_quoted(said[0] if said else '')}")
        else:
            lines.append(f"msgid_plural {_quoted(many)}")
            number_of = int(PLURALS[code].partition("=")[2].partition(";")[0])
            lines += [f"msgstr[{form}] {_quoted(said[form] if form < len(said) else '')}" for form in range(number_of)]
        out.append("\n".join(lines) + "\n")
    return "\n".join(out)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def main() -> None:
    for code in FOREIGN:
        told = translations(code)
        missing = sum(not all(told.get(message, ("",))) for message in messages())
        print(f"{code}: {len(messages())} messages, {missing} to translate")
        if "--write" in sys.argv:
            path_of(code).parent.mkdir(parents=True, exist_ok=True)
            path_of(code).write_text(written(code, told), encoding="utf-8")


if __name__ == "__main__":
    main()
