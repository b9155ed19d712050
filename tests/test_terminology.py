"""Words are exact: energy is not power, CO2e is not CO2, in every template, catalogue and golden file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from . import golden
from .catalogues import FOREIGN, messages, translations
from .conftest import ROOT

#: What no page says, by what is wrong with it.
WRONG = {
    "energy is told in kWh": r"\d[\d.,]* ?[kMG]?W\b(?!h)(?= of (?:energy|electricity))|\bkW/h\b|kilowatts? per hour",
    "power is no energy": r"power (?:consumption|consumed|used)\b|(?:consumed|used) \d[\d.,]* ?[kMG]?W\b",
    "Leistung ist keine Energie": r"Leistungsverbrauch|verbrauchte Leistung|Kilowatt pro Stunde",
    "la puissance n'est pas une énergie": r"puissance consommée|consommation de puissance|kilowatts par heure",
    "la potencia no es energía": r"potencia consumida|consumo de potencia|kilovatios por hora",
    "effekt er ikke energi": r"effektforbruk|brukt effekt|kilowatt per time",
    "功率不是能量": r"消耗功率|千瓦每小时",
    "a mass of greenhouse gases is CO2e": r"\d[\d.,]*\s?(?:[kmµ]?g|t)(?: of| de| von)? CO[₂2](?!e)",
    "an intensity counts CO2e": r"g ?CO[₂2](?!e)/kWh",
    "one way to write it": r"CO2[- _]?eq|CO₂[- _]?eq|CO2-Äq|\bCO₂e-eq|carbon dioxide equivalents?",
    "what is not zero is not shown as zero": r"(?<![\d.,])0[.,]0+ (?:[kmµ]?g|t|[kMGmµ]?Wh)\b",
    "offsets make nothing neutral": r"carbon[- ]neutral|climate[- ]neutral|klimaneutral|neutralité carbone",
}
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.*") if "__pycache__" not in path.parts)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert [(why, found[0]) for why, wrong in WRONG.items() if (found := re.search(wrong, text))] == []


@pytest.mark.parametrize(("name", "language"), [one for one in golden.files() if one[0] not in golden.MACHINE_FORMATS])
def test_outputs(name: str, language: str) -> None:
    text = golden.path_of(name, language).read_text(encoding="utf-8")

    assert [(why, found[0]) for why, wrong in WRONG.items() if (found := re.search(wrong, text))] == []


def test_messages_of_the_code() -> None:
    texts = [text for message in messages() for text in message if text]

    assert [(why, text) for why, wrong in WRONG.items() for text in texts if re.search(wrong, text)] == []


@pytest.mark.parametrize("code", FOREIGN)
def test_co2_is_co2_and_co2e_is_co2e_in_every_language(code: str) -> None:
    """A translation speaks of CO2 where the English does, and of CO2e where the English does."""
    for (one, _), said in translations(code).items():
        for text in said:
            for gas in ("CO₂e", "CO[₂2](?!e)"):
                assert bool(re.search(gas, text)) == bool(re.search(gas, one)) or "carbon" in one.lower(), (one, text)
