"""What if: the same work elsewhere (Lacoste et al. 2019, Dodge et al. 2022), or at another PUE, power, intensity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import factors
from reporter.errors import Finding, ReportError, plain
from reporter.footprint import Amount, Scenario, of_factor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporter.options import Options

#: Keys of a change and what each may say.
KEYS = "pue, power, intensity, country, region or cloud"
#: Areas that are no country: where a grid is asked for, they are none.
AREAS = frozenset({"WLD", "EU27"})


def scenarios(
    it_energy: Amount | None, energy: Amount | None, emissions: Amount | None, options: Options
) -> tuple[tuple[Scenario, ...], list[Finding]]:
    """One Scenario for each thing that --what-if asks for, in the order asked, places from the cleanest on.

    ``it_energy`` is that of the machines, ``energy`` with PUE, in kWh; ``emissions`` those to compare with. Raises
    ReportError for a change that cannot be read, a place that does not exist, or a provider that is not told.
    """
    if not options.what_if or it_energy is None or energy is None:
        return (), []
    made: list[Scenario] = []
    found: list[Finding] = []
    for asked in options.what_if:
        if asked == "country":
            made += sorted(_countries(energy, emissions), key=_emitted)
        elif asked == "region":
            made += sorted(_regions(it_energy, energy, emissions, options), key=_emitted)
            text = "figures of cloud regions are direct emissions, those of countries lifecycle: compare like with like"
            found.append(Finding("CR104", "note", text, None))
        else:
            made.append(_changed(asked, it_energy, energy, emissions))
    return tuple(made), found


def _emitted(scenario: Scenario) -> float:
    return scenario.emissions.value if scenario.emissions else 0.0


def _countries(energy: Amount, emissions: Amount | None) -> Iterator[Scenario]:
    for factor in factors.intensities():
        if factor.key not in AREAS:
            yield _at(factor, "country", energy, emissions)


def _regions(it_energy: Amount, energy: Amount, emissions: Amount | None, options: Options) -> Iterator[Scenario]:
    """The other regions of the provider, each with the PUE that the provider tells for it."""
    if options.cloud is None:
        raise ReportError("--what-if region: say which provider's with --cloud PROVIDER:REGION")
    provider = options.cloud[0]
    for factor in factors.cloud_regions(provider):
        region = factor.key.partition(":")[2]
        try:
            pue = of_factor(factors.pue(provider, region))
        except ReportError:
            pue = None
        whole = energy if pue is None or options.pue is not None else it_energy.times(pue, "kWh")
        yield _at(factor, "region", whole, emissions)


def _at(factor: factors.Factor, kind: str, energy: Amount, emissions: Amount | None) -> Scenario:
    released = energy.times(of_factor(factor), "kgCO2e", 1e-3)._replace(basis="estimated")
    return Scenario(kind, factor.key, factor.label, energy, released, _ratio(released, emissions), factor.boundary)


def _ratio(released: Amount | None, emissions: Amount | None) -> float | None:
    return released.value / emissions.value if released and emissions and emissions.value else None


def _changed(asked: str, it_energy: Amount, energy: Amount, emissions: Amount | None) -> Scenario:
    """One combination of changes such as ``pue=1.1,power=0.5``."""
    changes = _parsed(asked)
    power, pue = changes.get("power"), changes.get("pue")
    machines = it_energy.times(Amount(_positive("power", power), "ratio"), "kWh") if power else it_energy
    if pue:
        whole = machines.times(Amount(_positive("pue", pue, least=1.0), "ratio"), "kWh")
    else:
        overhead = energy.value / it_energy.value if it_energy.value else 1.0
        whole = machines.times(Amount(overhead, "ratio"), "kWh")
    factor, grams = _intensity(changes)
    if factor is not None:
        released: Amount | None = whole.times(of_factor(factor), "kgCO2e", 1e-3)
    elif grams is not None:
        released = whole.times(Amount(grams, "gCO2e/kWh"), "kgCO2e", 1e-3)
    else:
        kept = emissions.value / energy.value if emissions and energy.value else None
        released = whole.times(Amount(kept, "kgCO2e/kWh"), "kgCO2e") if kept is not None else None
    whole = whole._replace(basis="estimated")
    boundary = factor.boundary if factor else ""
    return Scenario("change", asked, asked.replace(",", ", "), whole, released, _ratio(released, emissions), boundary)


def _parsed(asked: str) -> dict[str, str]:
    changes: dict[str, str] = {}
    for part in asked.split(","):
        key, sign, value = (text.strip() for text in part.partition("="))
        if not sign or not value or key not in KEYS.replace(" or", ",").split(", "):
            text = "write country, region, or changes such as pue=1.1,power=0.5"
            raise ReportError(f"--what-if {plain(asked, 60)}: {text} (of {KEYS})")
        changes[key] = value
    return changes


def _positive(key: str, value: str, least: float = 0.0) -> float:
    try:
        number = float(value.rstrip("% ")) / (100 if value.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if not number > 0 or number < least:
        least_told = f"{least:g} or more" if least else "above 0"
        raise ReportError(f"--what-if {key}={plain(value, 40)}: this must be a number, {least_told}")
    return number


def _intensity(changes: dict[str, str]) -> tuple[factors.Factor | None, float | None]:
    """The intensity that the changes name: a published one, or a number in g/kWh."""
    if "intensity" in changes:
        return None, _positive("intensity", changes["intensity"])
    if "cloud" in changes:
        provider, _, region = changes["cloud"].partition(":")
        country, own = factors.cloud(provider, region)
        return own or factors.intensity(country), None
    if "country" in changes:
        return factors.intensity(factors.country(changes["country"]), changes.get("region")), None
    if "region" in changes:
        raise ReportError("--what-if region=...: say in which country, such as country=USA,region=california")
    return None, None


def best(scenarios: Sequence[Scenario], kind: str) -> Scenario | None:
    """The place of a kind with the least emissions; None where there is none."""
    return min((one for one in scenarios if one.kind == kind), key=_emitted, default=None)
