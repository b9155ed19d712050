"""carbontracker's text logs of every generation (1.0 to 2.4): standard, output and error log of one stem are one run.

What a naive reader gets wrong: the output log's energies include a PUE that only the standard log tells; its CO2eq is
in grams; a prediction stands beside the measurement, and up to 1.2 the measurement is of one epoch by default; a run
that was stopped is labelled with one epoch too few; 2.x takes the mean of a component's devices where their sum is
meant; before 2.0 the trackers of one process write into each other's files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from reporter.errors import ReportError
from reporter.importers.base import Importer
from reporter.patterns import pattern
from reporter.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from reporter.importers.carbontracker_epochs import Measured
    from reporter.importers.carbontracker_text import Block, Session
    from reporter.importers.logs import Log

ROUGH = 0.01  # a total whose last decimal is more than this share of it is worth less than its epochs
NEAR_S = 2.0  # the two logs of one tracker tell its start within this

_SIGN = pattern(
    rb"CarbonTracker: |carbontracker version \d|\b(?:Actual|Predicted) consumption(?: for -?\d+ epoch\(s\))?:\s+Time:"
)
_SIGNS = b"CarbonTracker: ", b"carbontracker version ", b" consumption"  # one of them stands in each of these
_NAME = pattern(r"((?:.*_)?carbontracker)(_output|_err)?(\.(?:log|txt))", re.IGNORECASE | re.DOTALL)
_PREFIX = pattern(r"(.+?)_\d+(?:\.\d+)?_\d{4}-\d\d-\d\dT\d{6}Z")
_COUNTRY = pattern("[A-Z]{2}")
_NOWHERE = {"unknown", "undetected", "none", ""}


@dataclass(slots=True)
class _Files:
    """The files of one stem; a console is an output log that stands alone."""

    stem: str
    std: Log | None = None
    output: Log | None = None
    err: Log | None = None


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """One run for each total that was measured, and for each tracker that was killed before it could tell one."""
    told: set[tuple[object, ...]] = set()
    for files in _stems(logs):
        yield from _Pair(files, logs, told).runs()


def _stems(logs: Sequence[Log]) -> list[_Files]:
    """The files by common stem, with those of the same stem that lie beside them."""
    found: dict[str, _Files] = {}
    for log in logs:
        name = _NAME.fullmatch(log.name)
        if name is None:
            found[log.name] = _Files(log.name.rpartition(".")[0] or log.name, output=log)
            continue
        stem = name[1][: -len("carbontracker")].rstrip("_") or "carbontracker"
        files = found.setdefault(f"{stem}{name[3]}", _Files(stem))
        setattr(files, (name[2] or "_std").lower()[1:], log)
        for kind in ("std", "output", "err"):
            if getattr(files, kind) is None:
                setattr(files, kind, log.beside(name[1] + ("" if kind == "std" else f"_{kind}") + name[3]))
    return list(found.values())


def _told(session: Session) -> object:
    """What makes two sessions of one log the same one, written twice; without a start each is its own."""
    if session.started is None:
        return id(session)
    epochs = [(epoch.number, epoch.began, epoch.duration_s, *epoch.powers_w.items()) for epoch in session.epochs]
    return session.started, session.version, (*epochs,), (*(block.told() for block in session.blocks),)


class _Pair:
    """The logs of one stem: reads them, joins what each tells of the same tracker, and makes the Runs.

    Totals are told about where they stand, in the output log, and epochs in the standard log.
    """

    def __init__(self, files: _Files, logs: Sequence[Log], told: set[tuple[object, ...]]) -> None:
        self.files, self._group, self._told = files, logs, told
        there = [log for log in (files.output, files.std, files.err) if log is not None]
        self.log = next(log for log in there if log in logs)
        self._totals, self._epochs = files.output or there[0], files.std or there[0]
        self._count = 0

    def runs(self) -> Iterator[Run]:
        """Make the Runs. Raises ReportError for an error log alone, and for a log whose pair cannot be read."""
        beside = [log for log in (self.files.std, self.files.output, self.files.err) if log and log not in self._group]
        for log in beside:
            log.again()
        std, output, err = (self._sessions(log) for log in (self.files.std, self.files.output, self.files.err))
        if not std and not output and len(self._group) == 1:
            raise self.log.refuse("no epoch and no total stand here; name the folder of the run's other logs")
        for session in _joined(std, output):
            session.fallback |= any(other.fallback for other in err)
            yield from self._of_session(session)
        for log in beside:
            self.log.findings += log.findings

    def _sessions(self, log: Log | None) -> list[Session]:
        from reporter.importers.carbontracker_text import Reader

        if log is None:
            return []
        try:
            reader = Reader(log)
        except ReportError as error:
            if log in self._group:
                raise
            raise self.log.refuse(f"the other log of this run cannot be read ({error.message})") from error
        if reader.doubled:
            log.say("CR021", "trackers of one process shared this log; what stands here twice counts once",
                    level="note")  # fmt: skip
        once = {_told(session): session for session in reversed(reader.sessions)}
        if len(once) < len(reader.sessions):
            many = len(reader.sessions) - len(once)
            log.say("CR021", f"{many} sessions stand in this log once more; counted once", reader.sessions[-1].line)
        return [session for session in reader.sessions if once[_told(session)] is session]

    def _of_session(self, session: Session) -> Iterator[Run]:
        from reporter.importers.carbontracker_epochs import measure

        actual = [block for block in session.blocks if block.kind == "actual" and block.energy_kwh is not None]
        foreseen = [block for block in session.blocks if block.kind == "predicted" and block.energy_kwh is not None]
        epochs = [epoch for epoch in session.epochs if epoch.powers_w]
        found = measure(epochs, session.devices, self._epochs) if epochs else None
        measured = found if found is not None and found.epochs else None
        if actual:
            mine = _whose(actual, measured, session.pue)
            for block, prediction in zip_longest(actual, foreseen[: len(actual)]):
                yield from self._once(session, block, prediction, measured if block is mine else None)
        elif measured is not None or foreseen:
            self._tell_killed(measured, foreseen)
            yield from self._once(session, None, foreseen[-1] if foreseen else None, measured)
        elif session.version or session.announced:
            log = self._epochs if session.version else self._totals
            log.say("CR013", "the tracker ended before its first epoch did; no run", session.line)

    def _tell_killed(self, measured: Measured | None, foreseen: list[Block]) -> None:
        if measured is None:
            self._totals.say("CR013", "only a prediction is told, and nothing measured: the energy is not known. Add "
                             "the *_carbontracker.log of this run", foreseen[0].line)  # fmt: skip
        else:
            many = len(measured.epochs)
            text = f"no actual consumption is told, as after a crash; the {many} measured epochs are counted"
            self._epochs.say("CR019", text, measured.epochs[0].line)

    def _once(
        self, session: Session, block: Block | None, prediction: Block | None, measured: Measured | None
    ) -> Iterator[Run]:
        """The run, unless another file of the folder has told it already: before 2.0 trackers share their files."""
        moment = block.moment if block else session.started
        same = block.told() if block else ("killed", session.started, measured and measured.whole_kwh)
        if moment is not None and same in self._told:
            text = "this run stands in another log of the folder as well; it counts once"
            (self._totals if block else self._epochs).say("CR021", text, (block or session).line)
            return
        self._told.add(same)
        self._count += 1
        yield self._run(session, block, prediction, measured)

    def _run(self, session: Session, block: Block | None, prediction: Block | None, measured: Measured | None) -> Run:
        pue = self._pue(session, block)
        divide = pue or 1.0
        if prediction is not None and block is not None:
            self._tell_prediction(session, block, prediction, measured)
        energy, claim = self._energy(session, block, measured, divide)
        parts = measured if block is None or (measured is not None and self._agree(block, measured, divide)) else None
        stands = self._totals if block or measured is None else self._epochs
        first = block or (measured.epochs[0] if measured else prediction) or session
        return Run(
            id=self.files.stem if self._count == 1 else f"{self.files.stem}#{self._count}",
            tracker="carbontracker",
            source=self.log.path,
            line=first.line if stands is self.log else None,
            started_at=session.started if self._count == 1 or measured else None,
            ended_at=block.moment if block else session.last,
            duration_s=measured.duration_s if measured and measured.duration_s else block.time_s if block else None,
            energy_kwh=energy,
            cpu_energy_kwh=parts.cpu_kwh if parts else None,
            gpu_energy_kwh=parts.gpu_kwh if parts else None,
            ram_energy_kwh=parts.ram_kwh if parts else None,
            predicted_energy_kwh=prediction.energy_kwh / divide if prediction and prediction.energy_kwh else None,
            predicted_emissions_kg=_kg(prediction),
            reported_pue=pue,
            pue_inside=pue is None and block is not None and with_pue(session, block),
            reported_emissions_kg=claim,
            reported_intensity_g_per_kwh=self._intensity(session, block),
            power_w=measured.curve() if measured else (),
            tracker_version=session.version,
            labels=self._labels(),
            **_hardware(session),
            **_place(session),
        )

    def _agree(self, block: Block, measured: Measured, pue: float) -> bool:
        agree = measured.agrees(block, pue)
        if not agree:
            self._totals.say("CR030", f"the epochs give {measured.tracker_kwh:.6g} kWh, this total is "
                             f"{(block.energy_kwh or 0.0) / pue:.6g} kWh, both without PUE; the total is taken, and no "
                             "parts", block.line)  # fmt: skip
        return agree

    def _energy(
        self, session: Session, block: Block | None, measured: Measured | None, pue: float
    ) -> tuple[float | None, float | None]:
        """The run's energy in kWh without PUE, and the tracker's own emissions in kg as far as they are of it."""
        averaged = self._averaged(session, block, measured, pue)
        if block is None or block.energy_kwh is None:
            return (measured.whole_kwh if measured else None), None
        if averaged and measured is not None:
            return measured.whole_kwh, None
        say = self._totals.say
        fits = measured is not None and bool(measured.whole_kwh) and measured.complete and measured.agrees(block, pue)
        if measured is not None and fits and block.step_kwh > ROUGH * block.energy_kwh:
            say("CR008", "the total has too few decimals; the epochs' energy is taken", block.line, "note")
            return measured.whole_kwh, _kg(block) or None
        if not block.energy_kwh:
            say("CR027", "an energy of 0 kWh is power that was not measured, or is below the last decimal; the run has "
                "no energy here", block.line)  # fmt: skip
            return None, None
        return block.energy_kwh / pue, _kg(block)

    def _averaged(self, session: Session, block: Block | None, measured: Measured | None, pue: float) -> bool:
        """Tell where devices were averaged instead of added up; whether the epochs give what the total should be.

        carbontracker does so since 2.0: it puts the samples of all devices of a component into one list.
        """
        what = "carbontracker 2 takes the mean power of several devices for their sum"
        if measured is None:
            many = max((len(devices) for devices in session.devices.values()), default=1)
            if block is not None and many > 1 and not re.match(r"1\.", session.version or ""):
                self._totals.say("CR050", f"{what}: if this log is of 2.x, its energy is up to {many} times too small; "
                                 "add its *_carbontracker.log", block.line)  # fmt: skip
            return False
        if not measured.averaged:
            return False
        names, line = " and ".join(measured.averaged), (block or measured.epochs[0]).line
        say = self._totals.say if block else self._epochs.say
        if block is None or block.energy_kwh is None:
            say("CR050", f"{what}; here they are added up ({names})", line, "note")
        elif measured.complete and measured.agrees(block, pue):
            say("CR050", f"{what} ({names}): {block.energy_kwh / pue:.6g} kWh without PUE is wrong, "
                f"{measured.whole_kwh:.6g} kWh is taken, and its emissions are left out; give --country or --intensity",
                line)  # fmt: skip
            return True
        else:
            say("CR050", f"{what} ({names}): the energy is too small, and kept, as its epochs do not give it", line)
        return False

    def _pue(self, session: Session, block: Block | None) -> float | None:
        """The PUE that the log states; none was multiplied in before 1.1."""
        if session.pue is not None and not 1 <= session.pue <= 10:
            self._epochs.say("CR033", f"PUE {session.pue:g} is not between 1 and 10; the energies are taken as written")
            return None
        if session.pue is None and block is not None and with_pue(session, block):
            text = ("the energy includes carbontracker's PUE, whose value stands in *_carbontracker.log alone; kept as "
                    "written, so do not give --pue")  # fmt: skip
            self._totals.say("CR041", text, block.line)
        return session.pue

    def _tell_prediction(
        self, session: Session, block: Block, prediction: Block, measured: Measured | None
    ) -> None:
        say, ran, wanted = self._totals.say, block.epochs, prediction.epochs
        if measured is not None and ran is not None and len(measured.epochs) == ran + 1:
            say("CR028", f"labelled {ran} epoch(s), but energy and time are of {ran + 1}: after stop() carbontracker "
                "counts one too few", block.line, "note")  # fmt: skip
            ran += 1
        if session.interrupted is not None and session.interrupted < 0:
            say("CR028", "'interrupted before all -1 epochs' is what carbontracker 2.3 writes at each end; it tells no "
                "early stop", block.line, "note")  # fmt: skip
        if ran is None or wanted is None or ran >= wanted:
            return
        early = session.interrupted is not None and session.interrupted > 0
        text = "the training stopped early" if early else "if the training went on, its other epochs are not counted"
        say("CR028", f"{ran} of {wanted} epochs were measured, and count; {prediction.energy_kwh:.6g} kWh is what "
            f"carbontracker foresaw for all; {text}", block.line, "note" if early else "warning")  # fmt: skip

    def _intensity(self, session: Session, block: Block | None) -> float | None:
        used = session.intensity_g_per_kwh
        if used is None and block is not None and block.energy_kwh and block.emissions_g is not None:
            used = block.emissions_g / block.energy_kwh
        if block is not None and (session.fallback or (session.place or "x").lower() in _NOWHERE):
            of = "" if used is None else f" of {used:.4g} gCO2e/kWh"
            self._totals.say("CR101", f"carbontracker knew no intensity of the place and used its default{of}; give "
                             "--country for the place's own", block.line)  # fmt: skip
        return used

    def _labels(self) -> dict[str, str]:
        """The prefix that the user gave the log files."""
        found = _PREFIX.fullmatch(self.files.stem)
        return {"experiment": found[1]} if found else {}


def _joined(std: list[Session], output: list[Session]) -> list[Session]:
    """Sessions of both logs, those of one tracker joined: by their start, else by their order if there are as many."""
    left = list(std)
    for place, session in enumerate(output):
        near = [other for other in left if _near(session, other)]
        alike = len(std) == len(output) and std[place] in left
        partner = near[0] if near else std[place] if alike else None
        if partner is not None:
            left.remove(partner)
            session.join(partner)
    pues = {session.pue for session in std}
    for session in output:
        if session.pue is None and len(pues) == 1:
            session.pue = next(iter(pues))
    return output + left


def _near(one: Session, other: Session) -> bool:
    if one.started is None or other.started is None or (one.started.tzinfo is None) != (other.started.tzinfo is None):
        return False
    return abs((one.started - other.started).total_seconds()) <= NEAR_S


def _whose(blocks: list[Block], measured: Measured | None, pue: float | None) -> Block:
    """The total that the measured epochs are of: the one whose energy they give, else the first."""
    fits = [block for block in blocks if measured is not None and measured.agrees(block, pue or 1.0)]
    return (fits or blocks)[0]


def _kg(block: Block | None) -> float | None:
    return None if block is None or block.emissions_g is None else block.emissions_g / 1000


def _hardware(session: Session) -> dict[str, Any]:
    """What the components line tells. A CPU that is named after its model is modelled, as is every simulated one."""
    gpus, cpus = session.devices.get("gpu", []), session.devices.get("cpu", [])
    domains = [name for name in cpus if re.fullmatch(r"(cpu|dram|package\S*):\d+(:\d+)?", name)]
    models = [name for name in cpus if name not in domains]
    return {
        "basis": "reported" if models or not session.devices else "measured",
        "cpu_model": models[0] if models else None,
        "gpu_model": ", ".join(dict.fromkeys(gpus)) or None,
        "gpu_count": float(len(gpus)) if gpus else None,
        "machine_wide": True if session.devices else None,
    }


def _place(session: Session) -> dict[str, Any]:
    """Country and region of the address that was looked up; the town is left out."""
    told = [part.strip() for part in (session.place or "").split(",")]
    if len(told) < 2 or not _COUNTRY.fullmatch(told[-1]):
        return {}
    return {"country": told[-1], "region": told[-2] if len(told) > 2 else None}


def _claims(log: Log) -> bool:
    head = log.head  # plain searches first: they take a tenth of the time
    signed = any(sign in head for sign in _SIGNS) and _SIGN.search(head) is not None
    return signed or log.name.endswith("carbontracker_err.log")


def with_pue(session: Session, block: Block) -> bool:
    """Whether a total has a PUE multiplied in, as all have since 1.1."""
    return not block.oldest and not (session.version or "").startswith("1.0.")


IMPORTER = Importer(
    name="carbontracker",
    says="carbontracker 1.0 to 2.4: standard, output and error logs, pasted console output",
    home="https://github.com/saintslab/carbontracker",
    minds="actual and predicted kept apart, grams, PUE divided out, devices added up where it took their mean",
    claims=_claims,
    read=read,
)
