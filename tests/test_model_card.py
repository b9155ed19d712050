"""Model cards: grams in fixed point, YAML that cannot be misread, and an edit that touches nothing else."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import importers, renderers
from reporter.assess import assess
from reporter.errors import ReportError
from reporter.options import Options
from reporter.renderers import base, display, markdown, model_card
from reporter.report import Report

from .conftest import ROOT
from .text_outputs import HENDERSON, PAGE_NAMES, TEX_NAMES, WORLD_NAMES, named, report

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

NASTY = (
    *PAGE_NAMES, *TEX_NAMES, *WORLD_NAMES, "*alias", "&anchor", "!!python/object/apply:os.system [id]", "a: b",
    "a:", "# c",
    "a # b", "---", "...", "- x", "? x", "%TAG", "yes", "null", "~", "1e5", "0x1F", "2026-01-01", "12:30:45", "<<", "=",
    "'\"'\"", "\x85next", "\u2029", "a\n---\nlicense: evil", "🦊" * 30, "\\u0041", "{a: 1}", "[1]", "|", ">", "@", "`",
)  # fmt: skip
CARD = """---
license: mit  # as the data
tags:
- text-generation
# a comment that stays
{metadata}language: [en, fr]
model-index: []
---
# A model

Text with ## Environmental Impact inside.

```bash
# Environmental
## Environmental Impact
echo 1
```

## Training

### Environmental Impact of others

{section}## Citation

    ## Environmental Impact

trailing blanks   \n\n\n"""
SCALAR = "co2_eq_emissions: 12.5\n"
MAPPING = "co2_eq_emissions:\n  emissions: 1e-05\n  # an old note\n  source: >\n    folded\n    text\n"
LIST = "co2_eq_emissions:\n- emissions: 5\n  source: old\n"
FLOW = '"co2_eq_emissions" : {emissions: 5,\n  source: old\n}\n'
HUB_FORM = """<!-- Total emissions (in grams of CO2eq) and additional considerations go here. -->

Carbon emissions can be estimated using the [calculator](https://example.org) of others.

- **Hardware Type:** [More Information Needed]
- **Hours used:** [More Information Needed]
- **Cloud Provider:** [More Information Needed]
- **Compute Region:** [More Information Needed]
- **Carbon Emitted:** [More Information Needed]
"""
SECTION = "## Environmental Impact\n\nold words\n\n### Hardware\n\nold table\n\n```\n# no heading\n```\n\n"


def kilograms(folder: Path, value: object, **choices: Any) -> Report:
    return report(folder, {"emissions": value, "cpu_energy": "", "gpu_energy": "", "ram_energy": ""}, **choices)


def metadata(card: str) -> dict[str, Any]:
    """What stands between the fences, as YAML reads it."""
    found: dict[str, Any] = yaml.safe_load(re.split(r"^---\n", card, flags=re.MULTILINE)[1])
    return found


def without_block(card: str) -> str:
    """A card without what stands between the markers, and the blank line that came with it."""
    pattern = f"(?:\r?\n)?(?:\r?\n)?{model_card.START}.*{model_card.END}"
    return re.sub(pattern, "", card, flags=re.DOTALL)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One report for tests that need no other."""
    return report(tmp_path_factory.mktemp("card"), HENDERSON)


def edited(folder: Path, card: str) -> str:
    """A card after the edit; a second one changes nothing."""
    made = report(folder, HENDERSON)
    once = model_card.update(made, card.encode())
    assert model_card.update(made, once) == once
    return once.decode()


@pytest.mark.parametrize(
    ("value", "grams"),
    [
        (8.021, "8021.0"),
        (1e-9, "0.000001"),
        (3e-10, "0.0000003"),
        (1e6, "1000000000.0"),
        (0.0165, "16.5"),
        (12345678.9, None),
    ],
)
def test_emissions_are_grams_in_fixed_point(tmp_path: Path, value: float, grams: str | None) -> None:
    text = model_card.front_matter(kilograms(tmp_path, value))
    written = re.findall(r"^  emissions: (.*)$", text, re.MULTILINE)

    assert len(written) == 1
    assert re.fullmatch(r"\d+\.\d+", written[0])
    assert yaml.safe_load(text)["co2_eq_emissions"]["emissions"] == float(written[0])
    assert float(written[0]) == pytest.approx(1000 * value, rel=1e-15)
    assert grams in {None, written[0]}


def test_unknown_emissions_are_absent(tmp_path: Path) -> None:
    log = ROOT / "samples" / "power-log" / "cpu-load" / "run.csv"
    unknown = Report(assess(importers.read([str(log)]), Options()))

    assert unknown.footprint.emissions is None
    card = model_card.render(unknown).decode()
    assert "co2_eq_emissions" not in card
    assert "- **Carbon Emitted:** not told" in card
    assert card.startswith(model_card.HEADING)


@pytest.mark.parametrize("name", NASTY)
def test_names_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    made = report(tmp_path, HENDERSON | {"cpu_model": name, "gpu_model": "", "codecarbon_version": name[:40]})
    run = made.footprint.runs[0].run
    card = model_card.render(made).decode()
    expected = base.clean(display.short(base.clean(run.cpu_model or ""), 80))

    found = metadata(card)
    assert list(found) == ["co2_eq_emissions"]
    assert found["co2_eq_emissions"].get("hardware_used", "") == expected
    assert base.clean(f"CodeCarbon {run.tracker_version or ''}".strip()) in found["co2_eq_emissions"]["source"]
    assert card.partition("\n---\n")[0].isascii()
    assert len(re.findall(r"^## ", card, re.MULTILINE)) == 1
    assert model_card.update(made, card.encode()) == card.encode()


def test_the_hub_reads_the_same(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    made = report(tmp_path, *named(NASTY[:4]), HENDERSON | {"run_id": "z", "cpu_model": '"\\: # 🦊'})
    data = hub.ModelCard(model_card.render(made).decode()).data.to_dict()["co2_eq_emissions"]

    assert data["emissions"] == 1000 * (made.footprint.emissions.value if made.footprint.emissions else 0)
    assert data["geographical_location"] == "France, United States"
    assert data["hardware_used"].endswith('"\\: # 🦊')


@pytest.mark.parametrize(
    "old", ["", SCALAR, MAPPING, LIST, FLOW, MAPPING.replace("  #", "#").replace("  source", "\n  source")]
)
@pytest.mark.parametrize("section", ["", SECTION, SECTION.replace("Impact\n", "impact 🌍\n", 1)])
def test_a_card_is_edited_in_place(tmp_path: Path, old: str, section: str) -> None:
    card = CARD.format(metadata=old, section=section)
    new = edited(tmp_path, card)
    data = metadata(new)

    assert list(data) == [*(["license", "tags", "co2_eq_emissions", "language", "model-index"] if old else
                            ["license", "tags", "language", "model-index", "co2_eq_emissions"])]  # fmt: skip
    assert data["co2_eq_emissions"]["emissions"] == 8021.0
    assert new.startswith("---\nlicense: mit  # as the data\ntags:\n- text-generation\n# a comment that stays\n")
    assert "language: [en, fr]\nmodel-index: []\n" in new
    assert not re.search(r"source: old|folded", new)
    body, before = new.partition("\n---\n")[2], card.partition("\n---\n")[2]
    assert without_block(body) == (before if section else before + "## Environmental Impact\n")
    assert body.count("- **Carbon Emitted:** 8.021 kg") == 1
    assert len(re.findall(r"^## environmental impact", body, re.MULTILINE | re.IGNORECASE)) == 2  # one is in a fence
    assert body.index(model_card.START) > body.index("### Environmental Impact of others")


@pytest.mark.parametrize(
    "after",
    ["# Top\n\nx\n", "## Next\n\nx\n", "Setext\n------\n\nx\n", "Setext\n===\nx\n", "##\tTab\nx\n"],
)
def test_what_stands_round_the_block_stays(tmp_path: Path, after: str) -> None:
    fenced = "~~~\n```\n## Environmental Impact\n~~~\n<!--\n## Environmental Impact\n-->\n\n"
    card = f"{fenced}## Environmental Impact\n\nmine\n\n### Sub\n\nmine too\n\n{after}"
    new = edited(tmp_path, card).partition("\n---\n\n")[2]

    assert new.startswith(f"{fenced}## Environmental Impact\n\n{model_card.START}\n\nThis work contributed 8.021 kg")
    assert without_block(new) == card


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_hubs_form_is_filled_in_where_it_is_blank(tmp_path: Path, ending: str) -> None:
    form = HUB_FORM.replace("\n", ending)
    before, after = f"# M{ending * 2}## Environmental Impact{ending * 2}", f"{ending}## Technical{ending}"
    new = edited(tmp_path, before + form + after).partition(f"{ending}---{ending * 2}")[2]
    assert new.startswith(before + model_card.START)
    assert new.endswith(model_card.END + ending + after)
    assert "More Information Needed" not in new

    filled = form.replace("[More Information Needed]", "8 x A100", 1)
    new = edited(tmp_path, before + filled + after).partition(f"{ending}---{ending * 2}")[2]
    assert without_block(new) == before + filled + after  # what an author wrote is not ours to take out


def test_the_whole_form_of_the_hubs_client_is_filled_in(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    form = str(hub.ModelCard.from_template(hub.ModelCardData(license="mit", language="en"), model_id="m"))
    new = edited(tmp_path, form)
    title = new.index("## Environmental Impact")
    section = new[title : new.index("\n## ", title)]

    assert form.count("More Information Needed") == new.count("More Information Needed") + 5
    assert "More Information Needed" not in section
    assert section.count("Carbon Emitted") == 1
    assert new[: new.index("co2_eq_emissions")] in form
    assert new.endswith(form.partition("## Technical Specifications")[2])
    assert hub.ModelCard(new).data.co2_eq_emissions["emissions"] == 8021.0


def test_markers_that_do_not_pair_are_an_error(tmp_path: Path) -> None:
    for card in (f"{model_card.START}\n", f"{model_card.END}\n{model_card.START}\n", f"{model_card.START}\n" * 2):
        with pytest.raises(ReportError, match="nothing was changed"):
            model_card.update(report(tmp_path), card.encode())


def test_a_card_and_a_readme_share_one_file(tmp_path: Path) -> None:
    made = report(tmp_path, HENDERSON)
    both = markdown.insert(made, model_card.update(made, b"---\nlicense: mit\n---\n# M\n"))
    assert model_card.update(made, both) == both
    assert markdown.insert(made, both) == both


LINE = st.sampled_from([
    "text", "", "# H", "## Environmental Impact", "### Environmental Impact", "```", "~~~", "    code", "<!--", "-->",
    "Title\n===", "- item", "\ttab  ", "é 🦊 \u2028 \x85", "***", "a: b", "<!-- x -->",
    "- **Carbon Emitted:** [More Information Needed]", "- **Hours used:** [More Information Needed]", "lone\rreturn",
])  # fmt: skip
KEYS = st.sampled_from([
    "license: mit", "tags:\n- a\n- b", "tags: [a, b]", "# a comment", "", "language: 'en'  # why", "datasets:\n  - x",
    "co2_eq_emissions: 3", "co2_eq_emissions:\n  emissions: 2\n  source: y", "co2_eq_emissions:\n- emissions: 1",
    '"co2_eq_emissions": {emissions: 4}', "extra: |\n  co2_eq_emissions: 7\n\n  ```\n", "b: >-\n  folded\n   ---\n",
    "widget:\n- text: 'x\n\n    y'", "base_model: ünïcode",
])  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.none() | st.lists(KEYS, max_size=6, unique_by=lambda text: text.partition(":")[0].strip('"')),
    lines=st.lists(LINE, max_size=12), ending=st.sampled_from(["\n", "\r\n"]), closed=st.booleans(),
)  # fmt: skip
def test_only_the_block_and_the_key_change(
    made: Report, keys: list[str] | None, lines: list[str], ending: str, *, closed: bool
) -> None:
    front = "" if keys is None else "---\n" + "".join(f"{key}\n" for key in keys) + "---\n"
    body = "\n".join(lines) + ("\n" if closed else "")
    card = (front + body).replace("\n", ending)
    try:
        once = model_card.update(made, card.encode())
    except ReportError as error:
        told = str(error)  # an open fence, mostly
        assert "nothing was changed" in told
        return
    assert model_card.update(made, once) == once
    new, marks = once.decode(), [line for line in card.splitlines(keepends=True) if "[More Information" not in line]
    left = iter(without_block(new).splitlines(keepends=True))
    kept = [line for line in marks if not re.match(r'"?co2_eq|- emissions|  (emissions|source)', line)]
    assert all(any(line.rstrip() == other.rstrip() for other in left) for line in kept if line.strip())  # in order
    old, found = yaml.safe_load(front[4:-4]) or {}, metadata(new.replace("\r\n", "\n"))
    others = {key: value for key, value in found.items() if key != "co2_eq_emissions"}
    assert list(others.items()) == [(key, value) for key, value in old.items() if key != "co2_eq_emissions"]
    assert found["co2_eq_emissions"]["emissions"] == 8021.0
    assert "\r\n" not in card or new.count("\n") == new.count("\r\n")


def test_a_section_of_another_name_is_not_ours(tmp_path: Path) -> None:
    card = "## Environmental Impact Assessments, a data set\n\nkept\n"

    assert edited(tmp_path, card).partition("\n---\n\n")[2].startswith(card)


def test_a_heading_of_another_level_keeps_it(tmp_path: Path) -> None:
    new = edited(tmp_path, "# M\n\n### Environmental Impact\n\nmine\n\n### Next\n\nx\n")

    assert f"\n### Environmental Impact\n\n{model_card.START}\n\nThis work" in new
    assert new.endswith(f"{model_card.END}\n\nmine\n\n### Next\n\nx\n")


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    card = CARD.format(metadata=MAPPING, section=SECTION).replace("\n", "\r\n")
    new = edited(tmp_path, card)
    assert new.count("\n") == new.count("\r\n") > 20
    mixed = edited(tmp_path, card + "a lone end\nand another\n")
    assert mixed.endswith("a lone end\nand another\n")


def test_cards_without_metadata_or_text(tmp_path: Path) -> None:
    for card in ("", "# Only text\n", "---\nlicense: mit\n---\n", "---\n---\n", "\ufeff---\nlicense: mit\n---\nx\n"):
        new = edited(tmp_path, card)
        assert metadata(new.lstrip("\ufeff"))["co2_eq_emissions"]["emissions"] == 8021.0
        assert new.count("## Environmental Impact") == 1


@pytest.mark.parametrize(
    "broken", ["---\nlicense: [mit\n---\nx\n", "---\na: b: c\n---\n", "---\n- list\n---\n", "---\n\tx: 1\n---\n"]
)
def test_broken_metadata_is_an_error_and_the_file_stays(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "README.md"
    file.write_text(broken, encoding="utf-8")
    with pytest.raises(ReportError, match="nothing was changed") as told:
        renderers.write(report(tmp_path), "model-card", str(file))
    assert "\n" not in str(told.value)
    assert file.read_text(encoding="utf-8") == broken


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no text in UTF-8"):
        model_card.update(report(tmp_path), b"caf\xe9")


def test_a_reference_to_the_old_value_is_not_left_dangling(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="nothing was changed"):
        model_card.update(report(tmp_path), b"---\nco2_eq_emissions: &a {emissions: 1}\ncopy: *a\n---\n")


def test_without_the_hubs_client_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ReportError, match=re.escape("pip install 'carbon-report[hub]'")):
        model_card.update(report(tmp_path), b"# Mine\n")
    assert model_card.render(report(tmp_path)).startswith(b"---\nco2_eq_emissions:\n")


def test_the_sections_bullets_are_those_of_the_hub(tmp_path: Path) -> None:
    text = model_card.section(report(tmp_path, HENDERSON, scc="ricke2018:USA"))

    told = re.findall(r"^- \*\*(.+):\*\* (.+)$", text, re.MULTILINE)
    assert [name for name, _ in told][:5] == [
        "Hardware Type", "Hours used", "Cloud Provider", "Compute Region", "Carbon Emitted",
    ]  # fmt: skip
    assert dict(told)["Hours used"] == "10.000"
    assert dict(told)["Compute Region"] == "USA"
    assert "$0.38 ($0.00, $0.95)" in text


def test_command_line_edits_a_card(tmp_path: Path, carbon: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    report(tmp_path, HENDERSON)
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n# M\n", encoding="utf-8")
    done = carbon("emissions.csv", "--model-card", "README.md", "--quiet")

    assert done.returncode == 0
    assert done.stderr == ""
    assert metadata((tmp_path / "README.md").read_text(encoding="utf-8"))["license"] == "mit"


def test_a_report_without_emissions_takes_no_earlier_figure_back(carbon: Callable[..., Any], tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("---\nco2_eq_emissions:\n  emissions: 12.5\n---\n# Model\n", encoding="utf-8")
    log = ROOT / "samples" / "power-log" / "cpu-load" / "run.csv"
    assert carbon(log, "--model-card", "README.md", "--quiet").returncode == 0
    text = card.read_text(encoding="utf-8")
    assert text.startswith("---\nco2_eq_emissions:\n  emissions: 12.5\n---\n# Model\n")
    assert "**Carbon Emitted:** not told" in text
