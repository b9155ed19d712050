"""A name ends in its unit, and nothing of one unit lands in a name of another: read off the source, file by file."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import reporter
from reporter import importers, units
from reporter.importers.base import Column
from reporter.options import Options
from reporter.run import Run

from .conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Endings that a Run does not have: what a tracker writes, before it is converted.
OTHERS = {
    "_j": "J", "_wh": "Wh", "_mwh": "MWh", "_ms": "ms", "_ns": "ns", "_uj": "uJ", "_mw": "mW", "_g": "gCO2e",
    "_t": "tCO2e", "_h": "h", "_hours": "h", "_joules": "J", "_seconds": "s", "_watts": "W",
    "_kg_per_kwh": "kgCO2e/kWh", "_years": "year",
}  # fmt: skip
#: Names whose last letters are no unit.
NO_UNITS = {"of_w", "to_s"}
SOURCES = sorted((ROOT / "reporter").rglob("*.py"))


def unit_of(name: str) -> str | None:
    """The unit that a name's ending stands for, the longest ending first."""
    endings = sorted({**units.ENDINGS, **OTHERS}.items(), key=lambda pair: -len(pair[0]))
    return None if name in NO_UNITS else next((unit for ending, unit in endings if name.endswith(ending)), None)


def unit_in(node: ast.expr | None) -> str | None:
    """The unit of an expression as far as a name tells it; a product has none that we could tell."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return unit_of(name)
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return unit_of(name)
        case ast.UnaryOp(operand=operand):
            return unit_in(operand)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return unit_in(left) or unit_in(right)
        case ast.BoolOp(values=[first, *_]) | ast.IfExp(body=first):
            return unit_in(first)
    return None


def pairs(tree: ast.AST) -> Iterator[tuple[int, str | None, str | None]]:
    """Every place where two expressions must be of one unit: line, and the units that their names tell."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg=str(name), value=value):
                yield value.lineno, unit_of(name), unit_in(value)
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                yield node.lineno, unit_in(target), unit_in(value)
            case ast.AugAssign(target=target, op=ast.Add() | ast.Sub(), value=value):
                yield node.lineno, unit_in(target), unit_in(value)
            case ast.NamedExpr(target=target, value=value):
                yield node.lineno, unit_in(target), unit_in(value)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
                yield node.lineno, unit_in(left), unit_in(right)
            case ast.Compare(left=left, comparators=[right], ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()]):
                yield node.lineno, unit_in(left), unit_in(right)
            case ast.Dict(keys=keys, values=values):
                told = [(key.value, value) for key, value in zip(keys, values, strict=True)
                        if isinstance(key, ast.Constant) and isinstance(key.value, str)]  # fmt: skip
                yield from ((value.lineno, unit_of(name), unit_in(value)) for name, value in told)
            case ast.FunctionDef(name=name):
                returned = (inner for inner in ast.walk(node) if isinstance(inner, ast.Return))
                yield from ((inner.lineno, unit_of(name), unit_in(inner.value)) for inner in returned)


def slips(source: str) -> list[tuple[int, str, str]]:
    found = pairs(ast.parse(source))
    return [(line, one, other) for line, one, other in found if one and other and one != other]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_of_one_unit_lands_in_a_name_of_another(path: Path) -> None:
    assert slips(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "slip",
    [
        "Run(energy_kwh=total_j)", "energy_kwh = run.duration_s", "x = a_kwh + b_kg", "a_kwh += b_j", "a_s < b_ms",
        "{'power_w': energy_kwh}", "def mean_w():\n    return total_kwh", "energy_kwh: float = told['mass_kg']",
        "f(duration_s=(hours_h or 0.0))", "if (a_kwh := b_w): pass", "g_per_kwh(x=1) + intensity_g_per_kwh - mass_kg",
    ],
)  # fmt: skip
def test_a_slip_is_seen(slip: str) -> None:
    assert len(slips(slip)) >= 1


def test_what_is_right_is_no_slip() -> None:
    right = "energy_kwh = total_j * units.factor('J', 'kWh')\nRun(duration_s=end_s - start_s)\na_kwh / b_s < power_w"
    assert slips(right) == []


def declared() -> list[tuple[str, str, Column]]:
    """Every column that an importer declares at the top of its file: module, field, column."""
    found = []
    for entry in pkgutil.iter_modules(importers.__path__):
        module: Any = importlib.import_module(f"reporter.importers.{entry.name}")
        for table in vars(module).values():
            if isinstance(table, dict):
                found += [(entry.name, field, one) for field, one in table.items() if isinstance(one, Column)]
    return found


def test_a_column_of_a_field_with_a_unit_tells_the_unit_that_it_is_written_in_and_no_other_does() -> None:
    """The factor between the two is pint's, or a ReportError where they have different dimensions."""
    columns = [(module, field, column) for module, field, column in declared() if column.kind == "number"]
    assert len(columns) > 10
    for module, field, column in columns:
        wanted = units.of_field(field)
        assert (column.unit is None) == (wanted is None), (module, field)
        if column.unit and wanted:
            assert units.factor(column.unit, wanted) > 0


def test_no_number_of_a_run_and_no_option_is_without_its_unit() -> None:
    """Counts, ratios and plain numbers stand here by name, so that a new field has to say what it is."""
    plain = {"reported_pue", "cpu_count", "gpu_count", "pue", "expected_calls", "calls_logged", "carbon_free"}
    own = {"lifetime_years"}
    told = [field for kind in (Run, Options) for field in fields(kind) if str(field.type).startswith("float")]
    assert len(told) > 15
    for field in told:
        assert (units.of_field(field.name) is None) == (field.name in plain | own), field.name


@pytest.mark.parametrize(("ending", "unit"), units.ENDINGS.items())
def test_every_ending_stands_for_one_unit_that_is_known_and_for_no_ratio(ending: str, unit: str) -> None:
    assert units.factor(unit, unit) == 1.0
    assert units.of_field(f"x{ending}") == unit
    assert units.of_field(ending.removeprefix("_")) is None
    assert units.of_field(f"x_usd_per{ending}") is None
    for wanted in units.ENDINGS.values():
        if wanted != unit:
            with pytest.raises(reporter.ReportError, match="cannot be turned into"):
                units.factor(unit, wanted)
