"""Runs that nobody tracked, written by hand in TOML or CSV: hardware, how many, how long, how busy; or a typed kWh.

Its author can mend such a file, so that one wrong run refuses it: a total that leaves a run out helps nobody. What is
no key becomes a label, apart from what looks like a key with a slip in it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reporter import ledger
from reporter.errors import plain
from reporter.importers.base import Importer
from reporter.importers.hardware import described, pieces
from reporter.importers.head import encoding_of, named
from reporter.importers.json_documents import text_of
from reporter.importers.json_lines import shown
from reporter.importers.table import Table
from reporter.importers.told import Told
from reporter.patterns import pattern
from reporter.run import Device, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from reporter.importers.logs import Log

HOURS = {"hours": 3600.0, "minutes": 60.0, "seconds": 1.0, "gpu_hours": 3600.0}
TIMES, ENERGIES = (*HOURS, "duration"), ("kwh", "energy")
POWERS, MEMORIES = ("power_w", "power"), ("memory_gb", "memory")
PIECE = ("hardware", "kind", "count", "utilisation", *POWERS)
CPU = {"hardware": "cpu", "count": "cpus", "utilisation": "cpu_utilisation", "power_w": "cpu_power_w"}
KNOWN = {
    "id", *TIMES, *ENERGIES, *MEMORIES, *PIECE, *CPU.values(), "nodes", "pue", "energy_includes_pue", "emissions",
    "intensity", "basis", "country", "region", "cloud", "started", "ended", "host",
}  # fmt: skip
LABELS = {"project", "phase", "experiment", "task"}
ALIASES = {
    "name": "id", "run": "id", "utilization": "utilisation", "tdp_w": "power_w", "tdp": "power",
    "cpu_utilization": "cpu_utilisation", "energy_kwh": "kwh", "duration_s": "seconds", "tpu_hours": "gpu_hours",
    "device_hours": "gpu_hours", "cpu_tdp_w": "cpu_power_w",
}  # fmt: skip
MEANT = {
    "gpu": "hardware", "device": "hardware", "gpus": "count", "gpu_count": "count", "provider": "cloud", "wh": "energy",
    "mwh": "energy", "joules": "energy", "watts": "power_w", "time": "hours", "runtime": "hours", "elapsed": "hours",
}  # fmt: skip
PERSONAL = {"user", "username", "user_name", "email", "latitude", "longitude", "lat", "lon", "coordinates"}
_QUANTITY = pattern(r"(energy|power|tdp|memory|emissions|duration|cpu|gpu)_")
_TABLE = pattern(r"\s*\[{1,2}\s*(run|defaults)\s*\]")
MOST_PARTS = 64  # of a dotted key
_DOTTED = pattern(r"[\w\"'-]+(?:[ \t]*\.[ \t]*[\w\"'-]+)*+")
_PAIR = pattern(r"""\s*["']?([\w -]+?)["']?\s*=""")


def read(logs: Sequence[Log]) -> Iterator[Run]:
    """Read runs written by hand, one from each ``[[run]]`` or row. Raises ReportError at the first that is wrong."""
    for log in logs:
        seen: dict[str, int] = {}
        for place, told in enumerate(_toml(log) if _is_toml(log) else _csv(log), 1):
            name = str(told.values.get("id") or f"run-{place}")
            seen[name] = seen.get(name, 0) + 1
            yield _run(told, name if seen[name] == 1 else f"{name} ({seen[name]})")


def _csv(log: Log) -> Iterator[Told]:
    table, changed, keys = Table(log), 0, []
    for row in table:
        if row.cells[0].lstrip().startswith("#"):
            log.rows -= 1  # a comment is no row
            continue
        if table.changed != changed:
            changed, names = table.changed, {name: name for name in table.header if name}
            found = _keyed(Told(log, names, row.line - 1))
            keys = [next((key for key, told in found.items() if told == name), "") for name in table.header]
        if any(cell.strip() for cell in row.cells[len(keys) :]):
            many = f"{len(row.cells)} cells under {len(keys)} columns"
            raise log.refuse(f"{many}; put a text that holds a '{table.delimiter}' in quotation marks", row.line)
        told = {key: cell.strip() for key, cell in zip(keys, row.cells, strict=False) if key and cell.strip()}
        yield Told(log, told, row.line, decimal="," if table.delimiter == ";" else ".")


def _toml(log: Log) -> Iterator[Told]:
    import tomllib

    text = text_of(log)
    if any(found[0].count(".") > MOST_PARTS for found in _DOTTED.finditer(text)):  # quadratic to tomllib
        raise log.refuse(f"a key of more than {MOST_PARTS} parts; there is no such")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise log.refuse(f"this is no valid TOML: {plain(error)}") from error
    runs, defaults = document.pop("run", []), document.pop("defaults", {})
    if document:
        raise log.refuse(f"'{plain(next(iter(document)), 40)}': known are the tables [[run]] and [defaults]")
    if not isinstance(runs, list) or not all(isinstance(run, dict) for run in (*runs, defaults)):
        raise log.refuse("runs are tables [[run]] in double brackets, and [defaults] is one in single brackets")
    places = _places(text)
    above = places["defaults"][0] if places["defaults"] else {}
    common = _keyed(Told(log, defaults, above.get(""), above))
    for number, run in enumerate(runs):
        log.rows += 1
        here = places["run"][number] if number < len(places["run"]) else {}
        own = _keyed(Told(log, run, here.get(""), here))
        kept = {key: value for key, value in common.items() if not _replaced(key, own)}
        yield Told(log, {**kept, **own}, here.get(""), {**above, **here})


def _replaced(key: str, own: Mapping[str, Any]) -> bool:
    """Whether a default gives way to what the run tells in another way: its minutes to hours."""
    return any(key in group and not own.keys().isdisjoint(group) for group in (TIMES, ENERGIES, POWERS, MEMORIES))


def _places(text: str) -> dict[str, list[dict[str, int]]]:
    """The line of each key of the tables, in their order, for messages; that of a table's head is under ''."""
    found: dict[str, list[dict[str, int]]] = {"run": [], "defaults": []}
    here: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if head := _TABLE.match(line):
            here = {"": number}
            found[head[1]].append(here)
        elif pair := _PAIR.match(line):
            here.setdefault(pair[1], number)
            here.setdefault(_in_use(pair[1]), number)
    return found


@lru_cache(4096)
def _in_use(name: str) -> str:
    key = re.sub(r"[\s-]+", "_", named(name))
    return ALIASES.get(key, key)


def _keyed(told: Told) -> dict[str, Any]:
    """Values by the key in use. Raises ReportError for slips, and where two names tell the same thing."""
    found: dict[str, Any] = {}
    for name, value in told.values.items():
        key = _in_use(name)
        if key not in KNOWN | LABELS:
            _refuse_slip(told, name, key)
        if key == "id" and key in found:
            key = "name"
        if key in PERSONAL:
            told.log.say("CR008", f"'{key}' is left out: reports name no people and no coordinates", level="note")
        elif key in found:
            raise told.wrong(plain(name, 40), f"'{key}' is told twice")
        else:
            found[key] = value
    return found


def _refuse_slip(told: Told, name: str, key: str) -> None:
    """Raise ReportError for a name that looks like a key, since a label with that name would hide a figure."""
    from difflib import get_close_matches

    near = MEANT.get(key) or next(iter(get_close_matches(key, sorted({*KNOWN, *ALIASES, *LABELS}), 1, 0.8)), None)
    quantity = _QUANTITY.match(key) and key not in MEANT
    if near or quantity:
        hint = "write it with its unit, such as energy = '24.3 kWh'." if quantity else f"did you mean '{near}'?"
        raise told.wrong(plain(name, 40), f"no such key; {hint} A label needs a name of its own")


def _run(told: Told, run_id: str) -> Run:
    energy_kwh, pue = _energy_kwh(told)
    devices = _devices(told)
    started_at, ended_at = told.moment("started"), told.moment("ended")
    duration_s = _duration_s(told, devices, started_at, ended_at)
    emissions_kg = told.quantity("emissions", "kgCO2e")
    if energy_kwh is None and emissions_kg is None and (not devices or duration_s is None):
        missing = "hours" if devices else "hardware"
        raise told.wrong(missing, "missing; a run needs hardware and hours, or an energy such as '24.3 kWh'")
    provider, _, region = (told.text("cloud") or "").lower().partition(":")
    return Run(
        id=run_id,
        tracker="hand-written",
        source=told.log.path,
        line=told.line,
        started_at=started_at,
        ended_at=ended_at,
        duration_s=duration_s,
        energy_kwh=energy_kwh,
        reported_pue=pue,
        pue_inside=bool(pue is None and energy_kwh is not None and told.truth("energy_includes_pue")),
        reported_emissions_kg=emissions_kg,
        reported_intensity_g_per_kwh=told.quantity("intensity", "gCO2e/kWh"),
        basis=_basis(told, energy_kwh),
        country=told.text("country"),
        region=told.text("region"),
        cloud_provider=provider.strip() or None,
        cloud_region=region.strip() or None,
        ram_gb=_memory_gb(told),
        host=told.text("host"),
        devices=devices if energy_kwh is None and duration_s is not None else (),
        labels=_labels(told),
        **described(devices),
    )


def _energy_kwh(told: Told) -> tuple[float | None, float | None]:
    """The energy that was typed, without PUE, and the PUE; with both it must be told whether one holds the other."""
    key, pue = told.either(ENERGIES), told.number("pue")
    energy_kwh = told.quantity("energy", "kWh") if key == "energy" else told.positive("kwh")
    included = told.truth("energy_includes_pue")
    if pue is not None and not 1 <= pue <= 10:
        raise told.wrong("pue", f"{pue:g}: a PUE is the facility's energy over the machines', so 1 or more")
    if energy_kwh is not None and pue is not None and included is None:
        raise told.wrong("pue", "say whether the energy includes it: energy_includes_pue = true or false")
    if energy_kwh is not None and included and pue is None:
        told.log.say("CR041", "the energy includes a PUE that is not told; kept as written", told.line)
    return (energy_kwh / pue if energy_kwh and pue and included else energy_kwh), pue


def _basis(told: Told, energy_kwh: float | None) -> Any:
    basis = (told.text("basis") or "estimated").lower()
    if basis not in {"measured", "reported", "estimated", "assumed"}:
        raise told.wrong("basis", f"'{plain(basis, 40)}': write measured, reported, estimated or assumed")
    if energy_kwh is None and basis in {"measured", "reported"}:
        raise told.wrong("basis", f"what comes from hardware and hours is estimated; {basis} needs an energy")
    return basis


def _devices(told: Told) -> tuple[Device, ...]:
    """The hardware that is told, of all nodes together: accelerators and processors, then memory."""
    hardware = told.values.get("hardware")
    entries = hardware if isinstance(hardware, list) else [hardware]
    found: list[Device] = []
    for entry in entries:
        if isinstance(entry, dict):
            own = _keyed(told.within({"hardware" if key == "model" else key: value for key, value in entry.items()}))
            if unknown := own.keys() - set(PIECE):
                raise told.wrong("hardware", f"'{plain(min(unknown), 40)}': such a table tells {', '.join(PIECE)}")
            found += _pieces(told.within(own))
        elif entry is None or isinstance(entry, str):
            found += _pieces(told.within({**told.values, "hardware": entry}), several=len(entries) > 1)
        else:
            raise told.wrong("hardware", f"{shown(entry)} is no text such as '8 x A100-SXM4-80GB'")
    cpu = {key: told.values.get(name) for key, name in CPU.items()}
    found += _pieces(told.within({**cpu, "kind": "cpu"}, CPU))
    memory_gb, nodes = _memory_gb(told), told.positive("nodes") or 1.0
    if memory_gb:
        found.append(Device("ram", None, memory_gb))
    return tuple(replace(device, count=device.count * nodes) for device in found)


def _pieces(told: Told, *, several: bool = False) -> list[Device]:
    """The devices of one entry; one count, kind or power holds only where there is one kind of hardware."""
    text, kind, count = told.text("hardware"), (told.text("kind") or "").lower(), told.positive("count")
    power_key, utilisation = told.either(POWERS), told.share("utilisation")
    power_w = told.quantity("power", "W") if power_key == "power" else told.positive("power_w")
    if kind not in {"", "gpu", "cpu", "tpu"}:
        raise told.wrong("kind", f"'{plain(kind, 40)}': write gpu, cpu or tpu")
    if text is None:
        if power_w is None and count is not None:
            raise told.wrong("hardware", "missing beside its count; name the model, or its design power in W")
        unnamed = [(kind or "gpu", None, count or 1.0)]
        return [] if power_w is None else [Device(*each, utilisation, power_w) for each in unnamed]  # type: ignore[arg-type]
    found = pieces(text)
    told_once = [key for key in ("kind", "count", *POWERS) if told.has(key)]
    if told_once and (several or len(found) > 1):
        each = "hardware = [{model = 'A100', count = 8}, {model = 'EPYC 7742', count = 2}]"
        raise told.wrong(told_once[0], f"one figure for several kinds of hardware; tell it of each: {each}")
    for piece in found:
        if piece.number == 0 or (piece.number and count and piece.number != count):
            raise told.wrong("count", f"{count or 0:g}, but the hardware is {shown(text)}; tell the count once")
    named_ones = [(kind or piece.kind, piece.model, float(count or piece.number or 1)) for piece in found]
    return [Device(*each, utilisation, power_w) for each in named_ones]  # type: ignore[arg-type]


def _memory_gb(told: Told) -> float | None:
    return told.quantity("memory", "GB") if told.either(MEMORIES) == "memory" else told.positive("memory_gb")


def _duration_s(
    told: Told, devices: Sequence[Device], started_at: datetime | None, ended_at: datetime | None
) -> float | None:
    """How long the run took, in s. Hours summed over all accelerators are divided by their number."""
    key = told.either(TIMES)
    if key is None and started_at and ended_at:
        try:
            between_s = (ended_at - started_at).total_seconds()
        except TypeError:
            raise told.wrong("ended", "of started and ended only one has a time zone; write both alike") from None
        if between_s <= 0:
            raise told.wrong("ended", "this is not after the start")
        return between_s
    if key in (None, "duration"):
        return told.span_s("duration")
    amount = told.positive(key)
    if key == "gpu_hours" and amount:
        amount /= sum(device.count for device in devices if device.kind in {"gpu", "tpu"}) or 1.0
    return amount * HOURS[key] if amount else None


def _labels(told: Told) -> dict[str, str]:
    labels = {}
    for key, value in told.values.items():
        if key not in KNOWN:
            if isinstance(value, list | dict):
                raise told.wrong(plain(key, 40), "a label is one text or number")
            labels[key] = str(value)
    return labels


_RUNS = pattern(rb"^\s*\[\[\s*runs?\s*\]\]|^\s*run\s*=\s*\[\s*\{", re.MULTILINE)
_TELLS = pattern(rb"(^|[{,])\s*(hardware|kwh|energy|energy_kwh|hours|gpu_hours|emissions)\s*=", re.MULTILINE)


def _is_toml(log: Log) -> bool:
    told = b"[" in log.head and _RUNS.search(log.head.replace(b"\0", b"")) is not None
    return told or log.name.lower().endswith(".toml")


def _claims(log: Log) -> bool:
    if encoding_of(log.head) is None:
        return False
    if _is_toml(log):
        head = log.head.replace(b"\0", b"")
        return _RUNS.search(head) is not None and _TELLS.search(head) is not None
    keys = {_in_use(name) for name in log.header}
    others = {ledger.MARK, "provider", "customimpact", "custom_impact", "energy_consumed", "emissions_kg", "gpu"}
    if keys & others or len(keys) < 2:
        return False
    if "hardware" in keys:
        also = keys & {"count", "utilisation", "power_w", "country", "phase", "id"}
        return bool(keys & {"hours", "minutes", "gpu_hours"} or (also and keys & {"duration", "seconds", "kwh"}))
    return "id" in keys and ("kwh" in keys or ("energy" in keys and _energies(log)))


def _energies(log: Log) -> bool:
    """Whether cells of the file's head are energies with their unit: a bare 'energy' may be anything."""
    return re.search(rb"[0-9]\s*[kMG]?(Wh|J)\b", log.head) is not None


IMPORTER = Importer(
    name="hand-written",
    says="hand-written runs (TOML or CSV): hardware, hours and utilisation, or kWh; estimated",
    home="https://github.com/carbon-report/carbon-report/tree/main/samples/hand-written",
    minds="estimated, with the design power's source",
    claims=_claims,
    read=read,
)
