"""The life cycle of a model as sections: its phases, the terms of E_life, and what training takes over inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.renderers import display
from reporter.renderers.locales import figure, message, phrase, phrases
from reporter.renderers.tables import Section

if TYPE_CHECKING:
    from reporter.footprint import Footprint, LifeCycle, Phase, Term

SOURCE = "gitzel2023estimating"
UNTOLD = message("phase not told")


def section(footprint: Footprint) -> Section | None:
    """The phases with their shares, then the terms of the formula, each with its energy and emissions."""
    life = footprint.lifecycle
    if life is None:
        return None
    rows = [_phase_row(phase) for phase in life.phases]
    rows.append(_term_row(phrase("CT: data, search, failed and other runs"), life.before))
    rows.append(_term_row(phrase("T: final training"), life.training))
    if life.per_call is not None:
        rows.append(_term_row(phrase("e: one inference"), life.per_call))
    if life.use is not None:
        served = life.expected_calls if life.expected_calls is not None else life.calls_logged
        name = "I × e" if life.expected_calls is not None else phrase("Inference that was logged")
        rows.append(_term_row(f"{name}{f': {_calls(served)}' if served else ''}", life.use))
    rows.append(_term_row("E_life = CT + T + I × e", life.life))
    columns = (
        phrase("Phase or term"), phrase("Runs"), phrase("Duration"), phrase("Energy"), phrase("CO₂e"),
        phrase("Share of the energy"),
    )  # fmt: skip
    with_pue = footprint.pue is not None and footprint.pue.value > 1
    says = _says(life) + (f" {phrase('Energies include the PUE.')}" if with_pue else "")
    return Section("lifecycle", phrase("Life cycle"), says, columns, tuple(rows), frozenset(columns[1:]), (SOURCE,))


def overheads(footprint: Footprint) -> Section | None:
    """Theta of each model whose training and inference were both logged."""
    life = footprint.lifecycle
    if life is None or not life.overheads:
        return None
    rows = tuple((display.short(one.model) or phrase("The model"), display.energy(one.training), _count(one.items),
                  display.energy(one.per_call), figure(f"{one.theta:,.3g}")) for one in life.overheads)  # fmt: skip
    says = phrase(
        "What training takes for each item that it sees, over what an inference takes: θ = T / (n × e). It holds the "
        "backward pass, and whatever else training does between items."
    )
    columns = (phrase("Model"), phrase("Training (T)"), phrase("Items seen (n)"), phrase("One inference (e)"), "θ")
    title = phrase("Training overhead")
    return Section("overhead", title, says, columns, rows, frozenset(columns[1:]), (SOURCE,))


def _says(life: LifeCycle) -> str:
    final, before = life.training.energy, life.before.energy
    told = [
        phrase("CT is the energy of runs before the final training or beside it, T that of training and fine-tuning.")
    ]
    if life.all_over_final is not None and final is not None and before is not None:
        whole = final.value + before.value
        times = figure(f"{life.all_over_final:,.3g}")
        told.append(phrase(
            "The final training took {final}; all runs that led to it took {whole}, {times} times as much.",
            final=display.energy(final), whole=display.energy(whole), times=times,
        ))  # fmt: skip
    if life.break_even_calls is not None:
        first, longer = _calls(life.break_even_calls), life.break_even_calls_all
        if before and longer:
            told.append(phrase(
                "After {calls}, use takes more than the final training did, and after {later} more than all runs that "
                "led to it.", calls=first, later=_calls(longer)))  # fmt: skip
        else:
            told.append(phrase("After {calls}, use takes more than the final training did.", calls=first))
    if life.expected_calls is not None and life.use is not None:
        told.append(phrase("The {calls} are the author's expectation.", calls=_calls(life.expected_calls)))
    elif life.expected_calls is not None:
        told.append(phrase("Use is not counted: no energy per inference is known."))
    return " ".join(told)


def _phase_row(phase: Phase) -> tuple[str, ...]:
    share = "" if phase.share is None else display.share(phase.share)
    name = phrase(display.short(phase.name) or UNTOLD)
    figures = (display.duration(phase.duration_s), display.energy(phase.energy), display.mass(phase.emissions))
    return name[0].upper() + name[1:], display.whole(phase.runs), *figures, share


def _term_row(name: str, term: Term) -> tuple[str, ...]:
    nothing = phrase("none logged")
    energy, mass = term
    return (name, "", "", display.energy(energy) if energy else nothing, display.mass(mass) if mass else "", "")


def _calls(number: float) -> str:
    whole = 1 if number == 1 else max(2, int(number))
    return phrases("{count} inference", "{count} inferences", whole, count=_count(number))


def _count(number: float) -> str:
    """A count; below ten with the decimals that make it one digit more."""
    return figure(f"{number:,.0f}" if number >= 10 or number == int(number) else f"{number:.2g}")
