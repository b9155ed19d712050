"""Where the runs were made: which country, PUE and carbon intensity hold for each, from the options or the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter import factors
from reporter.errors import Finding, ReportError, plain
from reporter.footprint import Amount, of_factor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporter.assess.alignment import Alignment
    from reporter.factors import Factor
    from reporter.footprint import RunFootprint
    from reporter.options import Options
    from reporter.run import Run

_EUROPE = frozenset(
    "AUT BEL BGR CHE CYP CZE DEU DNK ESP EST EU27 FIN FRA GRC HRV HUN IRL ISL ITA LIE LTU LUX LVA MLT NLD NOR POL PRT "  # noqa: SIM905
    "ROU SVK SVN SWE".split()
)


class Site:
    """The context of a report; look-ups are made once for each place, however many runs there are.

    Raises ReportError when an option names a country, region or cloud that does not exist.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self._found: list[Finding] = []
        self._countries: dict[str, str | None] = {}
        self._intensities: dict[str, Amount | None] = {}
        self._clouds: dict[tuple[str, str], tuple[str | None, Amount | None, Amount | None]] = {}
        self._country = factors.country(options.country) if options.country else None
        self._cloud: Factor | None = None
        if options.cloud:
            self._country, self._cloud = factors.cloud(*options.cloud, options.intensity_year)
            given = bool(options.intensity_series) or options.intensity_g_per_kwh is not None
            if self._cloud is None and not given:
                self._say("CR104", f"no intensity is published for {':'.join(options.cloud)}; that of its country "
                          f"{self._country} stands for it", "note")  # fmt: skip
            elif self._cloud is not None and not given:
                self._say_other_year(self._cloud)
        self._pue = self._chosen_pue()
        self.series = _series(options)

    def country(self, run: Run) -> str | None:
        """ISO 3166 alpha-3 code of the run's country: the option's, else the log's; None where not told."""
        return self._country or self._named(run.country) or self._cloud_of(run)[0]

    def pue(self, run: Run) -> Amount | None:
        """The PUE that holds for a run: the option's, the cloud region's, else the tracker's; None where not told."""
        if run.pue_inside:
            return None
        if self._pue is not None:
            return self._pue
        if run.reported_pue is not None:
            return Amount(run.reported_pue, "ratio", basis="reported")
        return self._cloud_of(run)[2]

    def intensity(self, run: Run) -> Amount | None:
        """The carbon intensity in gCO2e/kWh that holds for a run, None where neither options nor log tell a place."""
        options = self.options
        if self.series is not None:
            return self.series.intensity(run)
        if options.intensity_g_per_kwh is not None:
            return Amount(options.intensity_g_per_kwh, "gCO2e/kWh", basis="estimated")
        if self._cloud is not None:
            return of_factor(self._cloud)
        placed = options.country or options.region or options.cloud or options.intensity_year
        if options.pue is not None and not placed and run.reported_intensity_g_per_kwh is not None:
            return Amount(run.reported_intensity_g_per_kwh, "gCO2e/kWh", basis="reported")
        told = run.reported_emissions_kg is None and (run.basis == "estimated" or not run.country)
        if not placed and told and run.reported_intensity_g_per_kwh is not None:
            return Amount(run.reported_intensity_g_per_kwh, "gCO2e/kWh", basis="reported")
        cloud = None if placed else self._cloud_of(run)[1]
        country = self.country(run)
        return cloud or (None if country is None else self._of_country(country))

    def _cloud_of(self, run: Run) -> tuple[str | None, Amount | None, Amount | None]:
        """Country, intensity and PUE of the cloud region that an estimated run names, as --cloud would give them.

        A tracker's run keeps the country and the PUE that the tracker wrote.
        """
        if run.basis != "estimated" or run.reported_emissions_kg is not None or not run.cloud_region:
            return None, None, None
        key = (run.cloud_provider or "", run.cloud_region)
        if key not in self._clouds:
            try:
                country, intensity = factors.cloud(*key, self.options.intensity_year)
                self._clouds[key] = country, intensity and of_factor(intensity), self._pue_of(*key)
            except ReportError as error:
                self._clouds[key] = None, None, None
                self._say("CR101", f"a log names the cloud region '{plain(':'.join(key), 60)}': {error.message}")
        return self._clouds[key]

    def locale(self, runs: Sequence[RunFootprint]) -> str:
        """Whose cars and flights the reader knows: uk, eu or us, by the country of most runs, in a tie by its code."""
        told = [run.country for run in runs if run.country]
        country = max(sorted(set(told)), key=told.count) if told else None
        return "uk" if country == "GBR" else "eu" if country in _EUROPE else "us"

    def findings(self, runs: Sequence[RunFootprint], told: Sequence[Finding] = ()) -> list[Finding]:
        """What is not known of the places; ``told`` are the importers' findings, one of which may be of a PUE."""
        found, lost = list(self._found), [run for run in runs if run.energy and run.emissions is None]
        if lost:
            text = f"no emissions for {len(lost)} of {len(runs)} runs: their place, or its intensity, is not known"
            found.append(Finding("CR101", "warning", f"{text}; give --country, --cloud or --intensity", None))
        if lost and len(lost) < len(runs):
            found.append(Finding("CR107", "warning", "the total of the emissions leaves those runs out", None))
        found += self.series.findings(runs) if self.series else []
        inside = [run for run in runs if run.run.pue_inside]
        if inside and self._pue is not None:
            text = f"the PUE is not applied to {len(inside)} of {len(runs)} runs, whose energies hold one already"
            found.append(Finding("CR041", "warning", text, None))
        inside = inside or [run for run in runs if any(finding.code == "CR041" for finding in told)]
        if any(run.energy and run.pue is None for run in runs) and not inside:
            text = "no PUE is told: energy is that of the machines alone; give --pue"
            found.append(Finding("CR103", "note", text, None))
        return found

    def _chosen_pue(self) -> Amount | None:
        if self.options.pue is not None:
            return Amount(self.options.pue, "ratio", basis="estimated")
        return None if self.options.cloud is None else self._pue_of(*self.options.cloud)

    def _pue_of(self, provider: str, region: str) -> Amount | None:
        try:
            return of_factor(factors.pue(provider, region))
        except ReportError as error:
            self._say("CR103", f"{error.message}", "note")
            return None

    def _named(self, text: str | None) -> str | None:
        """The code of a country that a log names; a name that nobody knows is told once and None."""
        if text is None:
            return None
        if text not in self._countries:
            try:
                self._countries[text] = factors.country(text)
            except ReportError as error:
                self._countries[text] = None
                self._say("CR101", f"a log names the country '{plain(text, 40)}': {error.message}")
        return self._countries[text]

    def _of_country(self, country: str) -> Amount | None:
        """The country's intensity; one that we have no figure for is an error if asked for, else told once and None."""
        if country not in self._intensities:
            try:
                self._intensities[country] = of_factor(self._factor(country))
            except ReportError as error:
                if self.options.has_context:
                    raise
                self._intensities[country] = None
                self._say("CR101", error.message, "note")
        return self._intensities[country]

    def _factor(self, country: str) -> Factor:
        found = factors.intensity(country, self.options.region, self.options.intensity_year)
        self._say_other_year(found)
        return found

    def _say_other_year(self, found: Factor) -> None:
        """That the figure is of another year than --intensity-year asked for, which its note tells."""
        year = self.options.intensity_year
        if year is not None and found.year not in {year, None}:
            self._say("CR111", f"intensity of {found.label}: {found.note.partition(';')[0]}", "note")

    def _say(self, code: str, message: str, level: str = "warning") -> None:
        self._found.append(Finding(code, level, message, None))  # type: ignore[arg-type]


def given(used: Sequence[Factor], options: Options) -> list[Finding]:
    """Which of the figures in a report are the author's own, and not those that we hold."""
    if options.factors is None:
        return []
    file = plain(options.factors)
    own = [factor for factor in used if factor.origin.startswith(f"{file}:")]
    if not own:
        return [Finding("CR110", "note", "no figure of this file went into the report", file)]
    named = ", ".join(f"{plain(factor.key, 40)} ({factor.origin})" for factor in own[:5])
    more = f" and {len(own) - 5} more" if len(own) > 5 else ""
    return [Finding("CR110", "note", f"figures given by the author: {named}{more}", None)]


def _series(options: Options) -> Alignment | None:
    if not options.intensity_series:
        return None
    from reporter.assess.alignment import of_options

    return of_options(options)
