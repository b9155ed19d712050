"""The page's script in a browser: its arithmetic is Python's, its table sorts and filters, and everybody can use it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reporter import factors, importers
from reporter.assess import assess
from reporter.assess.equivalents import equivalent
from reporter.footprint import Amount
from reporter.options import Options
from reporter.renderers import display, html, tables
from reporter.report import Report

from .conftest import SWEEP, emissions_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reporter.footprint import Footprint

    Open = Callable[..., Any]

pytestmark = pytest.mark.component

#: Everything that a reader sees of the figures that follow his choice; without the numbers of the sources.
SEEN = """() => {
  const text = (node) => node.textContent.trim();
  const seen = (nodes) => [...nodes].filter((node) => !node.hidden);
  const rows = (id, from, to) => [...document.querySelectorAll(`#${id} tbody tr`)].filter((row) => !row.hidden)
    .map((row) => seen(row.cells).slice(from, to).map(text));
  return {
    tiles: seen(document.querySelectorAll("[data-tile]")).map((tile) => [...tile.children].map(text)),
    all: rows("figures-of-all", 0, 4),
    groups: rows("figures-of-groups"),
    runs: rows("figures-of-runs"),
    equivalents: rows("figures-of-equivalents", 1, 3),
  };
}"""


@pytest.fixture
def opened(chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a report in a tab of its own, without its drawings; what the browser complains of fails the test."""
    tabs, told = list[Any](), list[str]()
    monkeypatch.setattr("reporter.renderers.figures.pictures", lambda _: [])

    def open_page(footprint: Footprint, *, script: bool = True, **chosen: Any) -> Any:
        file = tmp_path / f"report{len(tabs)}.html"
        file.write_bytes(html.render(Report(footprint, "A study", ("Ada Lovelace",), **chosen)))
        tab = chromium.new_page(viewport={"width": 1280, "height": 800}, java_script_enabled=script)
        for event in ("console", "pageerror", "dialog"):
            tab.on(event, lambda said: told.append(str(said)))
        tab.goto(file.as_uri())
        tabs.append(tab)
        return tab

    yield open_page
    for tab in tabs:
        tab.close()
    assert told == []


def footprint(path: Path = SWEEP, **options: Any) -> Footprint:
    return assess(importers.read([str(path)]), Options(**options))


def choose(tab: Any, country: str | None, pue: float | None, scc: str | None) -> None:
    """Choose as a reader does: by what the lists show."""
    if country is not None:
        told = tab.locator("#place option", has_text=f"{factors.country_name(country)} (").first
        tab.locator("#place").select_option(value=told.get_attribute("value"))
    if pue is not None:
        tab.locator("#pue").fill(str(pue))
    if scc is not None:
        tab.locator("#price").select_option(label=factors.social_cost(scc, None, 2026).label)


#: Reports that differ in what is known: as the tracker told, in one country, in several, without any emissions.
REPORTS: dict[str, dict[str, Any]] = {
    "as-reported": {"group_by": ("project",)},
    "with-context": {"country": "FRA", "pue": 1.2, "group_by": ("project",)},
    "own-price": {"country": "FRA", "scc": "190 USD/t"},
}
CHOICES: tuple[dict[str, Any], ...] = (
    {"country": "NOR"},
    {"country": "IND", "pue": 1.58},
    {"country": "USA", "pue": 1.0, "scc": "uk2021"},
    {"pue": 2.25, "scc": "ricke2018"},
    {"scc": "iwg2021"},
)


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: "-".join(map(str, choice.values())))
@pytest.mark.parametrize("kind", REPORTS)
def test_page_computes_what_python_computes(opened: Open, kind: str, choice: dict[str, Any]) -> None:
    options = REPORTS[kind]
    base = footprint(**options)
    tab = opened(base)
    choose(tab, choice.get("country"), choice.get("pue"), choice.get("scc"))

    expected = footprint(**{**options, **choice})
    wanted = opened(expected, script=False).evaluate(SEEN)
    amounts = [equivalent(expected.emissions, item.factor) for item in tables.shown_equivalents(base)]  # type: ignore[arg-type]
    wanted["equivalents"] = [[display.quantity(one), display.quantity_range(one)] for one in amounts]
    assert tab.evaluate(SEEN) == wanted


def mixed_log(folder: Path) -> Path:
    """Runs of several countries, sizes and years."""
    places = (("France", "FRA"), ("Germany", "DEU"), ("Norway", "NOR"))
    rows: list[dict[str, object]] = []
    for number in range(30):
        name, code = places[number % 3]
        energy = 0.0001 * 7.3 ** (number % 9) + number / 8
        rows.append({
            "run_id": f"run-{number}", "country_name": name, "country_iso_code": code, "energy_consumed": energy,
            "cpu_energy": "", "gpu_energy": "", "ram_energy": "", "emissions": energy * 0.125,
            "project_name": f"p{number % 4}", "timestamp": f"20{19 + number % 7}-05-01T00:00:00",
        })  # fmt: skip
    return emissions_csv(folder, *rows)


@pytest.mark.parametrize(
    "choice", [{"country": "POL", "pue": 1.125}, {"country": "FRA"}, {"pue": 1.5}, {"scc": "uk2021"}]
)
@pytest.mark.parametrize("options", [{}, {"pue": 1.25}], ids=["as-reported", "pue"])
def test_page_computes_what_python_computes_for_runs_of_many_places_and_years(
    opened: Open, tmp_path: Path, choice: dict[str, Any], options: dict[str, Any]
) -> None:
    log = mixed_log(tmp_path)
    tab = opened(footprint(log, group_by=("project",), **options))
    choose(tab, choice.get("country"), choice.get("pue"), choice.get("scc"))
    seen = tab.evaluate(SEEN)
    wanted = opened(footprint(log, group_by=("project",), **{**options, **choice}), script=False).evaluate(SEEN)

    assert {key: seen[key] for key in ("tiles", "all", "groups", "runs")} == {
        key: wanted[key] for key in ("tiles", "all", "groups", "runs")
    }


@pytest.mark.parametrize("chosen", [{"language": "de"}, {"language": "es"}, {"digits": "auto"}, {"digits": 2}], ids=str)
def test_page_writes_numbers_as_its_language_and_digits_ask(
    opened: Open, tmp_path: Path, chosen: dict[str, Any]
) -> None:
    log = mixed_log(tmp_path)
    tab = opened(footprint(log, group_by=("project",)), **chosen)
    tab.locator("#place").select_option(value=tab.locator("#place option").nth(90).get_attribute("value"))
    tab.locator("#pue").fill("1.375")
    place = place_chosen(tab)
    wanted = opened(footprint(log, group_by=("project",), country=place, pue=1.375), script=False, **chosen)

    seen, expected = tab.evaluate(SEEN), wanted.evaluate(SEEN)
    assert {key: seen[key] for key in ("tiles", "all", "groups", "runs")} == {
        key: expected[key] for key in ("tiles", "all", "groups", "runs")
    }


def place_chosen(tab: Any) -> str:
    """The code of the country that is chosen."""
    code: str = tab.evaluate(
        "JSON.parse(document.getElementById('report-data').textContent).places[document.getElementById('place').value][0]"
    )
    return code


def test_unchanged_page_shows_what_the_page_without_script_shows(opened: Open, tmp_path: Path) -> None:
    made = footprint(mixed_log(tmp_path), group_by=("project",))

    assert opened(made).evaluate(SEEN) == opened(made, script=False).evaluate(SEEN)


def test_figures_are_spelled_as_python_spells_them(opened: Open) -> None:
    made = footprint()
    sizes = [0.0, 5e-13, 3e-10, 0.00012345, 0.0625, 0.125, 0.5, 2.5, 1000.5, 1001.5, 99.9995, 999.95, 12345.5, 2e8]
    whole = Amount(1.0, "kWh")
    runs = tuple(dataclasses.replace(made.runs[0], it_energy=whole._replace(value=size)) for size in sizes)
    tab = opened(dataclasses.replace(made, runs=runs, groups=()))
    choose(tab, None, 1.0, None)

    shown = tab.locator("#figures-of-runs tbody td:nth-last-child(3)").all_text_contents()
    assert shown == [display.energy(size) for size in sizes]


def test_reset_brings_the_report_back(opened: Open) -> None:
    made = footprint(group_by=("project",))
    tab = opened(made)
    before = tab.locator("#figures-of-all").inner_html(), tab.evaluate(SEEN)
    choose(tab, "POL", 1.5, "uk2021")
    assert "Changed: electricity of Poland" in tab.locator("#assumptions-note").inner_text()
    assert tab.locator(".as-published:visible").count() > 2
    tab.get_by_role("button", name="Reset").click()
    tab.wait_for_function("document.getElementById('reset').disabled")

    assert "Nothing is changed" in tab.locator("#assumptions-note").inner_text()
    assert tab.locator(".as-published:visible").count() == 0
    assert (tab.locator("#figures-of-all").inner_html(), tab.evaluate(SEEN)) == before


def test_a_pue_that_cannot_be_is_told_and_not_taken(opened: Open) -> None:
    tab = opened(footprint())
    before = tab.evaluate(SEEN)
    tab.locator("#pue").fill("0.5")

    assert tab.locator("#pue").get_attribute("aria-invalid") == "true"
    assert "between 1 and 10" in tab.locator("#assumptions-note").inner_text()
    assert tab.evaluate(SEEN) == before


NAMES, EMISSIONS = "#figures-of-runs tbody th", "#figures-of-runs tbody td:nth-last-child(2)"


def test_runs_are_sorted_by_every_column_and_back(opened: Open, tmp_path: Path) -> None:
    made = footprint(mixed_log(tmp_path))
    tab = opened(made)
    inner = tab.locator(NAMES).all_text_contents()
    kg = [run.emissions.value for run in made.runs if run.emissions]
    rising = [display.mass(value) for value in sorted(kg)]
    head = tab.locator("#figures-of-runs th[data-sort=kg]")
    head.get_by_role("button").click()
    assert tab.locator(EMISSIONS).all_text_contents() == rising
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").click()
    assert tab.locator(EMISSIONS).all_text_contents() == rising[::-1]
    assert head.get_attribute("aria-sort") == "descending"
    head.get_by_role("button").click()
    assert tab.locator(NAMES).all_text_contents() == inner
    for button in tab.locator("#figures-of-runs th button:visible").all():
        button.click()
        assert tab.locator("#figures-of-runs [aria-sort]").count() == 1
        assert sorted(tab.locator(NAMES).all_text_contents()) == sorted(inner)


def test_filter_finds_runs_by_all_their_words_and_says_how_many(opened: Open, tmp_path: Path) -> None:
    tab = opened(footprint(mixed_log(tmp_path)))
    tab.get_by_label("Filter").fill("NOR p2")

    rows = tab.locator("#figures-of-runs tbody tr").all_text_contents()
    assert rows
    assert all("NOR" in row and "p2" in row for row in rows)
    assert tab.locator("#runs-shown").text_content() == f"{len(rows)} of 30 runs found"
    tab.get_by_label("Filter").fill("nowhere")
    assert tab.locator("#runs-shown").text_content() == "0 of 30 runs found"


def test_keyboard_alone_is_enough(opened: Open, tmp_path: Path) -> None:
    tab = opened(footprint(mixed_log(tmp_path), group_by=("project",)))
    reached, focused = list[str](), "document.activeElement.id || document.activeElement.textContent"
    for _ in range(80):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate(focused))
        if reached[-1] == "place":
            tab.keyboard.type("Norway")
        if reached[-1] == "pue":
            tab.keyboard.type("1.5")
        if reached[-1] == "filter":
            tab.keyboard.type("DEU")
        if reached[-1] == "Energy":
            tab.keyboard.press("Enter")
            break

    assert reached[-1] == "Energy", reached
    told = tab.locator("#assumptions-note").inner_text()
    assert "electricity of Norway" in told
    assert "PUE 1.5" in told
    assert tab.locator("#figures-of-runs th[data-sort=it]").get_attribute("aria-sort") == "ascending"
    assert tab.locator("#runs-shown").text_content() == "10 of 30 runs found"


def test_five_thousand_runs_stay_usable_and_all_are_printed(opened: Open, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"run_id": f"run-{number:05}", "energy_consumed": (7919 * number % 5000) / 1e3}
                                     for number in range(5000)]  # fmt: skip
    tab = opened(footprint(emissions_csv(tmp_path, *rows)))
    assert tab.locator("#runs-shown").text_content() == "1 to 100 of 5,000 runs"
    took = tab.evaluate("""() => {
      const began = performance.now();
      document.querySelector("th[data-sort=it] button").click();
      const box = document.getElementById("filter");
      box.value = "run-049";
      box.dispatchEvent(new Event("input"));
      document.body.offsetHeight;
      return performance.now() - began;
    }""")
    assert took < 1500  # 60 ms on a quiet machine
    assert tab.locator("#runs-shown").text_content() == "100 of 5,000 runs found"
    tab.get_by_label("Filter").fill("")
    tab.get_by_role("button", name="Next").click()
    assert tab.locator("#runs-shown").text_content() == "101 to 200 of 5,000 runs"
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert tab.locator(NAMES).count() == 5000


def test_no_script_but_ours_may_run(chromium: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(html.render(Report(footprint())))
    tab = chromium.new_page()
    tab.goto(file.as_uri())
    tab.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.taken = 1'}))")
    tab.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.taken=2>')")
    policy = tab.locator("meta[http-equiv]").get_attribute("content")

    assert tab.evaluate("window.taken") is None
    assert "unsafe-eval" not in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}=';", policy)
    tab.close()


@pytest.mark.parametrize("changed", [False, True], ids=["published", "changed"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_no_violation(chromium: Any, tmp_path: Path, width: int, scheme: str, changed: bool) -> None:
    axe = Path(pytest.importorskip("axe_playwright_python").__file__).with_name("axe.min.js")
    file = tmp_path / "report.html"
    file.write_bytes(html.render(Report(full(tmp_path), "A study", ("Ada Lovelace",), notes="## Note\n\nText.")))
    tab = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    tab.goto(file.as_uri())
    if changed:
        choose(tab, "NOR", 1.5, "uk2021")
        tab.locator("th[data-sort=kg] button").click()
    tab.add_script_tag(path=axe)
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations', 'incomplete']})")
    tab.close()

    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]] == []


def full(folder: Path) -> Footprint:
    """A report with every section and figure."""
    return footprint(
        mixed_log(folder), country="FRA", pue=1.2, group_by=("project",), what_if=("country", "pue=1.1"), compare=True,
        scc="all", embodied=True, hardware=("1 x A100-SXM4-80GB",), uncertainty=True,
    )  # fmt: skip
