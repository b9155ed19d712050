"""The factor tables and their look-ups: every row is sound, spot values are those published, nothing is guessed."""

from __future__ import annotations

import csv
import os
import time

import pytest

from reporter import factors
from reporter.errors import ReportError
from reporter.factors import hardware, tables

FOLDER = os.path.dirname(factors.__file__)
FORBIDDEN = {"gsf_realtimecloud", "electricitymaps_csv", "watttime_v3", "vendor_memory", "china_pue", "ipcc2014annex3"}
EXTRA = {
    "intensity": ["country"],
    "cloud_regions": ["country", "zone", "area"],
    "pue": [],
    "social_cost": ["series", "country"],
    "equivalents": ["category", "us", "eu", "uk"],
    "tdp": ["category", "models"],
}


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
    tables.rows.cache_clear()
    start = time.perf_counter()
    factors.intensity("USA")
    return time.perf_counter() - start
