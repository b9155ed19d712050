"""The factor tables and their look-ups: every row is sound, spot values are those published, nothing is guessed."""

from __future__ import annotations

import csv
import json
import os
import time
from pathlib import Path

import pytest

from reporter import factors
from reporter.cli import main
from reporter.errors import ReportError
from reporter.factors import hardware, tables

from .conftest import SWEEP

FOLDER = os.path.dirname(factors.__file__)
FORBIDDEN = {
    "gsf_realtimecloud", "electricitymaps_csv", "watttime_v3", "vendor_memory", "china_pue", "ipcc2014annex3",
    "boavizta_pcf", "olmo3_2026", "morand2026", "chien2023",
}  # fmt: skip
EXTRA = tables.OWN_COLUMNS


@pytest.mark.parametrize("table", EXTRA)
def test_every_row_is_sound(table: str) -> None:
    with open(os.path.join(FOLDER, table + ".csv"), encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [*tables.COLUMNS, *EXTRA[table]]
    assert rows
    for row in rows:
        assert len(row) == len(header), row
        cells = dict(zip(header, row, strict=True))
        assert cells["key"], row
        assert cells["label"], row
        assert cells["source"] not in FORBIDDEN, row
        assert factors.source(cells["source"]).licence, row
        if cells["role"] == "mapping":
            assert cells["value"] == cells["unit"] == ""
            assert factors.country_name(cells["country"])
            continue
        figure = tables.factor(table, row)
        assert figure.unit, row
        assert figure.boundary, row
        assert "memory" not in figure.note, row
        if figure.low is not None:
            assert figure.low <= figure.value, row
        if figure.high is not None:
            assert figure.value <= figure.high, row
        if table in {"intensity", "cloud_regions"}:
            assert figure.boundary.startswith(("lifecycle", "direct")), row
            assert figure.low is not None, row
            assert "range: " in figure.note, row


@pytest.mark.parametrize("table", EXTRA)
def test_no_figure_stands_twice(table: str) -> None:
    columns = [tables.KEY, tables.YEAR, tables.ROLE, tables.BOUNDARY, *([tables.CATEGORY] if table == "tdp" else [])]
    seen = [tuple(row[column] for column in columns) for row in tables.rows(table)]
    assert len(seen) == len(set(seen))


def test_sources_are_whole_and_free_of_tex() -> None:
    with open(os.path.join(FOLDER, "sources.bib"), encoding="utf-8") as file:
        keys = [line.partition("{")[2].rstrip(",\n") for line in file if line.startswith("@")]
    assert len(keys) == len(set(keys)) > 40
    for key in keys:
        entry = factors.source(key)
        assert entry.title, key
        assert entry.author, key
        assert entry.year.isdigit(), key
        assert not set("{}\\$") & set(entry.title + entry.author), entry
        assert entry.bibtex.count("{") == entry.bibtex.count("}"), key
    assert factors.source("uba2020mk31").author == "Matthey, Astrid and Bünger, Björn"
    assert "Ševčíková" in factors.source("rennert2022scc").author
    assert factors.source("rennert2022scc").title.endswith("cost of CO2")
    for cited in ("henderson2020systematic", "dodge2022measuring", "anthony2020carbontracker", "budennyy2022eco2ai"):
        assert factors.source(cited).bibtex.startswith("@")
    with pytest.raises(ReportError, match="ricke2018cscc"):
        factors.source("ricke2018")


@pytest.mark.parametrize(
    ("place", "value", "year"),
    [("FRA", 41.44, 2025), ("USA", 384.4, 2025), ("WLD", 458.49, 2025), ("NAM", 48.78, 2024), ("na", 48.78, 2024)],
)
def test_intensity_of_a_country_is_the_lifecycle_figure(place: str, value: float, year: int) -> None:
    figure = factors.intensity(place)
    assert (figure.value, figure.year, figure.unit) == (value, year, "gCO2e/kWh")
    assert (figure.kind, figure.boundary, figure.source) == ("intensity", "lifecycle", "owidember2026")
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= 0.9 * value * 1.0001
    assert figure.high >= 1.1 * value * 0.9999


def test_intensity_range_reaches_the_other_edition() -> None:
    assert factors.intensity("FRA").high == pytest.approx(56.039)
    assert factors.intensity("EU").high == pytest.approx(210 * 1.15)


@pytest.mark.parametrize("region", ["california", "US-CA", "us-ca", "CA", "California"])
def test_region_by_any_of_its_names(region: str) -> None:
    figure = factors.intensity("USA", region)
    assert (figure.key, figure.value, figure.boundary) == ("US-CA", 179.064, "direct")


def test_regions_of_other_kinds() -> None:
    assert factors.intensity("USA", "CAMX").value == 195.037
    assert factors.intensity("CAN", "quebec").value == 2.6
    assert factors.intensity("AUS", "western australia").key == "AU-WA"
    assert factors.intensity("CHN", "CN-GD").unit == "gCO2/kWh"


def test_unknown_places_raise_and_hint() -> None:
    with pytest.raises(ReportError, match="California"):
        factors.intensity("USA", "califrnia")
    with pytest.raises(ReportError, match="leave it out"):
        factors.intensity("FRA", "ile-de-france")
    with pytest.raises(ReportError, match="--intensity"):
        factors.intensity("MCO")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FR", "FRA"),
        ("fra", "FRA"),
        ("France", "FRA"),
        ("NA", "NAM"),
        ("uk", "GBR"),
        ("United States", "USA"),
        ("South Korea", "KOR"),
        ("cote d'ivoire", "CIV"),
        ("Czech Republic", "CZE"),
        ("world", "WLD"),
    ],
)
def test_country(text: str, code: str) -> None:
    assert factors.country(text) == code


@pytest.mark.parametrize("text", ["Germny", "Frnace"])
def test_unknown_country_suggests(text: str) -> None:
    with pytest.raises(ReportError, match=r"did you mean (Germany|France)"):
        factors.country(text)


@pytest.mark.parametrize("text", ["", "  ", "?", "XX", "XYZ"])
def test_no_country(text: str) -> None:
    with pytest.raises(ReportError):
        factors.country(text)


def test_countries_are_iso() -> None:
    with open(os.path.join(FOLDER, "countries.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    iso = [row for row in rows if row["alpha3"] not in {"WLD", "EU27"}]
    assert len(iso) == len({row["alpha3"] for row in iso}) == len({row["alpha2"] for row in iso}) == 250
    assert all(len(row["alpha3"]) == 3 and len(row["alpha2"]) == 2 for row in iso)
    assert {"NAM": "NA", "GBR": "GB", "CHE": "CH", "ZAF": "ZA"}.items() <= {
        row["alpha3"]: row["alpha2"] for row in iso
    }.items()


def test_every_place_of_a_figure_is_a_country() -> None:
    for table in ("intensity", "cloud_regions"):
        for row in tables.rows(table):
            assert factors.country_name(row[tables.COUNTRY]), row
    for row in tables.rows("cloud_regions"):
        assert factors.intensity(row[tables.COUNTRY]), row
        if len(row) > tables.ZONE and row[tables.ZONE]:
            assert factors.intensity(row[tables.COUNTRY], row[tables.ZONE]), row


def test_cloud_region_with_its_own_figure() -> None:
    country, figure = factors.cloud("gcp", "europe-west9")
    assert country == "FRA"
    assert figure is not None
    assert (figure.value, figure.boundary, figure.year) == (16.3, "direct", 2024)


@pytest.mark.parametrize(
    ("provider", "region", "country"),
    [
        ("google", "europe-north1", "FIN"),  # Hamina, and not Australia, as a list that goes round has it
        ("gcp", "me-central1", "QAT"),
        ("gcp", "us-central1-a", "USA"),
        ("aws", "us-east-1a", "USA"),
        ("AWS", "eu-west-3", "FRA"),
        ("azure", "West Europe", "NLD"),
        ("microsoft", "northeurope", "IRL"),
    ],
)
def test_cloud_region_is_in_its_country(provider: str, region: str, country: str) -> None:
    assert factors.cloud(provider, region)[0] == country


def test_cloud_region_takes_the_grid_area_or_nothing() -> None:
    area = factors.cloud("aws", "us-west-2")[1]
    assert area is not None
    assert area.key == "EGRID-NWPP"
    assert "us-west-2" in area.note
    assert factors.cloud("aws", "eu-west-3")[1] is None
    with pytest.raises(ReportError, match="europe-west9"):
        factors.cloud("gcp", "europe-wst9")
    with pytest.raises(ReportError, match="known are gcp, aws"):
        factors.cloud("hetzner", "fsn1")


def test_pue_of_survey_provider_and_region() -> None:
    assert factors.pue().value == 1.52
    assert factors.pue(year=2018).value == 1.58
    assert "none for 2015" in factors.pue(year=2015).note
    assert factors.pue("gcp").value == 1.09
    assert factors.pue("google", "us-central1").value == 1.11
    assert factors.pue("aws", "us-east-1", 2023).value == 1.15
    assert "fleet average" in factors.pue("aws", "us-east-1").note
    assert factors.pue("azure", "southeastasia").value == 1.28
    with pytest.raises(ReportError):
        factors.pue("hetzner")


def test_social_cost_of_epa_and_ricke() -> None:
    epa = factors.social_cost("epa2023", None, 2024)
    assert (epa.value, epa.low, epa.high, epa.unit) == (208, 128, 356, "USD2020/tCO2")
    assert factors.social_cost("epa2023_1.5", None, 2024).value == 356
    ricke = factors.social_cost("ricke2018", "US", 2020)
    assert ricke.low is not None
    assert ricke.high is not None
    assert (round(ricke.value, 2), round(ricke.low, 2), round(ricke.high, 2)) == (47.82, 0.56, 118.30)
    assert (ricke.unit, ricke.boundary) == ("USD2005_PPP/tCO2", "domestic damage")
    world = factors.social_cost("ricke2018", None, 2020)
    assert (round(world.value, 1), world.boundary) == (417.5, "global damage")
    assert [round(8.021 / 1000 * end, 2) for end in (ricke.value, ricke.low, ricke.high)] == [0.38, 0.0, 0.95]


def test_social_cost_of_iwg_ranges_over_discounting() -> None:
    iwg = factors.social_cost("iwg2021", None, 2024)
    assert (iwg.value, iwg.low, iwg.high) == (55.355, 16.431, 81.645)
    assert factors.social_cost("iwg2021_p95", None, 2024).value == 165.65


def test_social_cost_outside_its_years_says_so() -> None:
    late = factors.social_cost("epa2023", None, 2190)
    assert late.year == 2080
    assert late.note.startswith("figure for 2080, none for 2190")
    assert "figure for 2020, none for 2025" in factors.social_cost("ricke2018", "DEU", 2025).note


def test_social_cost_refuses_what_there_is_not() -> None:
    with pytest.raises(ReportError, match="epa2023"):
        factors.social_cost("epa2032", None, 2024)
    with pytest.raises(ReportError, match="leave the country out"):
        factors.social_cost("epa2023", "USA", 2024)
    assert factors.series()[0] == "epa2023"
    assert {"ricke2018", "iwg2021", "rennert2022"} <= set(factors.series())


@pytest.mark.parametrize("locale", ["us", "eu", "uk"])
def test_equivalents_of_a_locale(locale: str) -> None:
    figures = factors.equivalents(locale)
    assert len(figures) >= 14
    assert len({figure.key for figure in figures}) == len({figure.label for figure in figures}) == len(figures)
    assert all(figure.unit.startswith(("kgCO2e/", "kgCO2/")) and figure.value > 0 for figure in figures)
    assert all(figure.year for figure in figures)


def test_equivalents_start_with_the_car() -> None:
    assert factors.equivalents()[0].value == pytest.approx(0.393 / 1.609344)
    assert factors.equivalents("uk")[0].value == 0.16725
    with pytest.raises(ReportError):
        factors.equivalents("mars")


@pytest.mark.parametrize(
    ("model", "kind", "watts"),
    [
        ("Intel(R) Xeon(R) CPU E5-2630 v3 @ 2.40GHz", "cpu", 85),
        ("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", "cpu", 150),
        ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", "cpu", 28),
        ("AMD EPYC 7763 64-Core Processor", "cpu", 280),
        ("AMD Ryzen 9 5950X 16-Core Processor", "cpu", 105),
        ("Apple M1", "cpu", 10),
        ("NVIDIA A100-SXM4-80GB", "gpu", 400),
        ("NVIDIA A100 80GB PCIe", "gpu", 300),
        ("NVIDIA A100-PCIE-40GB", "gpu", 250),
        ("8 x NVIDIA H100 80GB HBM3", "gpu", 700),
        ("Tesla V100-SXM2-16GB", "gpu", 300),
        ("Tesla T4", "gpu", 70),
        ("NVIDIA GeForce RTX 3090", "gpu", 350),
        ("Quadro RTX 8000", "gpu", 260),
    ],
)
def test_tdp_of_a_model_as_drivers_write_it(model: str, kind: str, watts: float) -> None:
    figure = factors.tdp(model, kind)
    assert figure is not None
    assert (figure.value, figure.unit) == (watts, "W")


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("Tesla V100-PCIE-16GB", "gpu"),  # 250 W, and the V100 of the table has 300
        ("Tesla P100-SXM2-16GB", "gpu"),
        ("NVIDIA H100 PCIe", "gpu"),
        ("NVIDIA GeForce RTX 3080 Laptop GPU", "gpu"),
        ("NVIDIA GeForce RTX 2080 with Max-Q Design", "gpu"),
        ("Intel(R) Xeon(R) CPU @ 2.20GHz", "cpu"),
        ("Intel Xeon Processor (Skylake)", "cpu"),
        ("Intel(R) Xeon(R) CPU E5-2650 0 @ 2.00GHz", "cpu"),
        ("Intel(R) Xeon(R) CPU E5-2630 v9", "cpu"),
        ("NVIDIA A100-SXM4-80GB", "cpu"),
        ("", "cpu"),
        ("CPU", "cpu"),
        ("x86_64", "cpu"),
    ],
)
def test_tdp_is_never_guessed(model: str, kind: str) -> None:
    assert factors.tdp(model, kind) is None


def test_tdp_keys_are_those_of_their_labels() -> None:
    names = []
    for row in tables.rows("tdp"):
        assert row[tables.KEY] == hardware.model_key(row[tables.LABEL])
        names += [(row[tables.CATEGORY], name) for name in (row[tables.KEY], *row[tables.MODELS].split("|")) if name]
    assert len(names) == len(set(names))


def test_search() -> None:
    assert any(figure.key == "NAM" for figure in factors.search("namibia"))
    assert {figure.kind for figure in factors.search("RICKE usa")} == {"social_cost"}
    assert all("france" in figure.label.casefold() for figure in factors.search("intensity france"))
    assert factors.search("no such thing") == []
    assert len(factors.search(None)) > 2000


def test_lookup_of_a_country_is_quick() -> None:
    best = min(_cold_lookup_s() for _ in range(5))
    assert best < 0.003 * 5  # 3 ms on a quiet machine, five times that on a busy one


def _cold_lookup_s() -> float:
    tables.bundled.cache_clear()
    start = time.perf_counter()
    factors.intensity("USA")
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("model", "value", "low", "high"),
    [
        ("NVIDIA H100 80GB HBM3", 164, 164, 575.1),  # the maker's footprint, up to Boavizta's model
        ("NVIDIA A100-SXM4-40GB", 127.6, 127.6, 319.3),
        ("Tesla T4", 130.7, 26.14, 130.7),
        ("Tesla V100-SXM2-16GB", 205.6, 41.12, 205.6),
    ],
)
def test_embodied_emissions_of_a_model(model: str, value: float, low: float, high: float) -> None:
    figure = factors.embodied(model)
    assert figure is not None
    assert (figure.value, figure.low, figure.high, figure.unit) == (value, low, high, "kgCO2e/unit")
    assert figure.boundary
    assert factors.source(figure.source).licence


def test_embodied_emissions_are_never_guessed() -> None:
    for model in ("", "NVIDIA A100", "NVIDIA GeForce RTX 3090", "gpu lifetime", "server of bloom"):
        assert factors.embodied(model) is None
    years = factors.lifetime("server")
    assert years is not None
    assert (years.value, years.low, years.high, years.unit) == (4, 3, 6, "year")
    assert factors.lifetime("abacus") is None


def test_reference_models_keep_the_inputs_that_their_papers_print() -> None:
    header = [*tables.COLUMNS, *tables.OWN_COLUMNS["reference_models"]]
    rows = [dict(zip(header, row, strict=True)) for row in tables.rows("reference_models")]
    gpt3 = next(row for row in rows if row["key"] == "gpt3" and row["source"] == "patterson2021carbon")
    assert (gpt3["value"], gpt3["unit"], gpt3["accelerators"], gpt3["pue"]) == ("552.1", "tCO2e", "10000", "1.1")
    assert float(gpt3["energy_mwh"]) * float(gpt3["grid_g_per_kwh"]) / 1000 == pytest.approx(552.1, rel=1e-3)
    assert not any(row["source"] in FORBIDDEN for row in rows)


def test_intensity_of_a_year() -> None:
    assert (factors.intensity("FRA", year=2023).value, factors.intensity("FRA", year=2025).value) == (56.039, 41.44)
    near = factors.intensity("FRA", year=2022)
    assert (near.year, near.value) == (2023, 56.039)
    assert near.note.startswith("figure for 2023, none for 2022")
    with pytest.raises(ReportError, match="there are 2023, 2025"):
        factors.intensity("FRA", year=2015)
    assert factors.intensity("USA", "california", 2024).note.startswith("figure for 2023, none for 2024")
    with pytest.raises(ReportError, match="there are 2023"):
        factors.intensity("USA", "california", 2012)
    for region, year, boundary in (("us-central1", 2020, "lifecycle"), ("us-central1", 2023, "direct")):
        figure = factors.cloud("gcp", region, year)[1]
        assert figure is not None
        assert (figure.year, figure.boundary) == (year, boundary)
    with pytest.raises(ReportError, match="europe-west9"):
        factors.cloud("gcp", "europe-west9", 2012)


def test_editions() -> None:
    factors.require_edition(None)
    factors.require_edition(factors.EDITION)
    with pytest.raises(ReportError, match=rf"edition {factors.EDITION}; there are .* \(carbon-report "):
        factors.require_edition("1999.1")


HEADER = "table,key,label,value,low,high,unit,year,boundary,source,role,note,country\n"


def own(folder: Path, rows: str, header: str = HEADER) -> str:
    (folder / "own.csv").write_text(header + rows, encoding="utf-8")
    return str(folder / "own.csv")


def test_own_figures_stand_before_the_bundled_ones_and_only_meanwhile(tmp_path: Path) -> None:
    path = own(tmp_path, "intensity,FRA,,35,30,40,g/kWh,2024,lifecycle,RTE Bilan 2024,,,\n"
                         "intensity,CH-BS,Basel,0.01,,,kgCO2e/kWh,2024,lifecycle,IWB 2024,,,CHE\n"
                         "pue,gcp,,1.05,,,ratio,2020,,Google 2020,,,\n"
                         "social_cost,mine,,250,100,400,EUR/tCO2,,global damage,A study 2025,,,\n")  # fmt: skip
    with factors.laid_over(path):
        france = factors.intensity("France")
        assert (france.value, france.low, france.high, france.unit) == (35, 30, 40, "gCO2e/kWh")
        assert france.origin == f"{path}:2"
        assert factors.source(france.source).title == "RTE Bilan 2024"
        basel = factors.intensity("CHE", "CH-BS")
        assert (basel.value, basel.origin) == (10, f"{path}:3")
        assert "given as 0.01 kgCO2e/kWh" in basel.note
        assert factors.pue("gcp").value == 1.05
        assert factors.social_cost("mine", None, 2024).value == 250
        assert factors.intensity("DEU").origin == ""
    assert factors.intensity("FRA").value == 41.44
    assert "mine" not in factors.series()


def test_short_own_files_find_their_table(tmp_path: Path) -> None:
    header = "key,value,low,high,unit,year,source,note\n"
    rows = "FRA,35,,,g/kWh,2024,RTE 2024,\nUS-CA,200,,,g/kWh,,CARB 2024,\nuptime,1.4,,,ratio,,X,\n"
    with factors.laid_over(own(tmp_path, rows, header)):
        assert factors.intensity("FRA").value == 35
        assert factors.intensity("FRA").boundary == "boundary not told"
        assert factors.intensity("USA", "CA").value == 200
        assert factors.pue().value == 1.4


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("intensity,FRA,,35,,,g/kWh,2024,lifecycle,,,,", "a figure without source"),
        ("intensity,FRA,,35,,,kWh,2024,lifecycle,x,,,", "'kWh' is no unit of an intensity"),
        ("intensity,FRA,,35,,,kg,2024,lifecycle,x,,,", "'kg' is no unit of an intensity"),
        ("intensity,FRA,,inf,,,g/kWh,2024,lifecycle,x,,,", "'inf' is no finite number"),
        ("intensity,FRA,,nan,,,g/kWh,2024,lifecycle,x,,,", "'nan' is no finite number"),
        ("intensity,FRA,,many,,,g/kWh,2024,lifecycle,x,,,", "'many' is no finite number"),
        ("intensity,FRA,,35,40,30,g/kWh,2024,lifecycle,x,,,", "low 40 is above high 30"),
        ("intensity,FRA,,35,36,40,g/kWh,2024,lifecycle,x,,,", "outside of its range"),
        ("intensity,FRA,,-1,,,g/kWh,2024,lifecycle,x,,,", "cannot be below 0"),
        ("intensity,FRA,,35,,,g/kWh,last,lifecycle,x,,,", "is no year"),
        ("intensity,Atlantis,,35,,,g/kWh,2024,lifecycle,x,,,", "name the grid FRA or US-CA"),
        ('intensity,FRA,,35,,,g/kWh,2024,"direct, marginal",x,,,', "no grid's default"),
        ("tables,FRA,,35,,,g/kWh,2024,lifecycle,x,,,", "table 'tables' is not known"),
        (",nothing,,35,,,g/kWh,2024,lifecycle,x,,,", "the table is not told"),
        ("pue,gcp,,0.9,,,ratio,2024,,x,,,", "a PUE is a ratio of 1 or more"),
        ("social_cost,mine,,1,,,USD/kWh,2024,,x,,,", "a cost is that of a tCO2"),
        ("tdp,my gpu,,300,,,kW,2024,,x,,,", "no design power"),
    ],
)
def test_a_row_that_cannot_be_is_one_line_with_its_place(tmp_path: Path, row: str, message: str) -> None:
    path = own(tmp_path, f"intensity,DEU,,300,,,g/kWh,2024,lifecycle,x,,,\n{row}\n")
    with pytest.raises(ReportError) as caught, factors.laid_over(path):
        pass
    assert str(caught.value).startswith(f"{path}:3: ")
    assert message in caught.value.message
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("", "header lacks"), ("a,b\n1,2\n", "header lacks"), (HEADER, "no figure")]
)
def test_a_file_that_cannot_be(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.csv").write_text(text)
    with pytest.raises(ReportError, match=message), factors.laid_over(str(tmp_path / "own.csv")):
        pass
    with pytest.raises(ReportError, match="cannot be read"), factors.laid_over(str(tmp_path / "gone.csv")):
        pass


def test_own_sources_are_cited_as_given_and_are_safe_tex() -> None:
    key = factors.own_source("Müller & Söhne 2024: 50 % of $x_1$ {sic} \\input{x}, https://example.org/a_b", "CC0")
    entry = factors.source(key)
    assert (entry.author, entry.year, entry.licence) == ("Müller & Söhne", "2024", "CC0")
    assert entry.url == "https://example.org/a_b"
    assert entry.short == "Müller & Söhne, 2024"
    assert entry.bibtex.startswith(f"@misc{{{key},\n")
    assert r"M" in entry.bibtex and r"\&" in entry.bibtex and r"\%" in entry.bibtex and r"\$x\_1\$" in entry.bibtex
    assert r"\textbackslash input\{x\}" in entry.bibtex
    assert key.isascii()
    assert " " not in key
    assert factors.own_source("owidember2026") == "owidember2026"
    assert factors.source(factors.own_source("no year at all")).short == "no year at all"


def test_own_figures_go_through_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = own(tmp_path, "intensity,FRA,,35,30,40,g/kWh,2024,lifecycle,RTE Bilan 2024,,,\n")
    log = str(SWEEP)
    assert main([log, "--country", "FRA", "--factors", path, "--json"]) == 0
    read = capsys.readouterr()
    document = json.loads(read.out)
    assert {run["intensity_g_per_kwh"] for run in document["runs"] if run["energy_kwh"]} == {35.0}
    assert document["factors_edition"] == factors.EDITION
    (origin,) = [factor["origin"] for factor in document["factors"] if factor["key"] == "FRA"]
    assert origin.endswith("/own.csv:2")  # from the folder that it shares with the logs, not from the root
    assert "RTE Bilan 2024" in [source["title"] for source in document["sources"]]
    assert "[CR110]" in read.err
    assert main([log, "--country", "FRA", "--factors", path, "--bibtex", "--quiet"]) == 0
    assert "title = {{RTE Bilan 2024}}" in capsys.readouterr().out
    assert main([log, "--country", "DEU", "--factors", path, "--statement", "-"]) == 0
    assert "no figure of this file went into the report" in capsys.readouterr().err
    assert main([log, "--country", "FRA", "--intensity-year", "2023", "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert {run["intensity_g_per_kwh"] for run in runs if run["energy_kwh"]} == {56.039}
    assert main([log, "--intensity-year", "soon"]) == 1
    assert main([log, "--factors-edition", "1999.1"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_the_command_shows_what_a_figure_rests_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["factors", "france", "intensity"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "intensity"
    assert len({line.index("gCO2e/kWh") for line in lines[2:4]}) == 1  # aligned
    for told in ("41.44", "37.296 to 56.039", "2025", "lifecycle", "CC BY 4.0", "owidember2026"):
        assert told in lines[2]
    assert main(["factors", "france", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["factors_edition"] == factors.EDITION
    assert document["factors"][0]["source"]["licence"] == "CC BY 4.0"
    assert main(["factors", "no such thing"]) == 1
    assert main(["factors", "--nonsense"]) == 1
    assert main(["factors", "--help"]) == 0
    assert "usage" in capsys.readouterr().out


def test_every_figure_survives_being_written_and_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["factors", "--csv"]) == 0
    (tmp_path / "all.csv").write_text(capsys.readouterr().out, encoding="utf-8")
    bundled = {(figure[:-1]) for figure in factors.search(None)}
    with factors.laid_over(str(tmp_path / "all.csv")):
        read = {figure[:-1] for figure in factors.search(None)}
    changed = {figure[:2] for figure in bundled - read}
    assert changed == set()
