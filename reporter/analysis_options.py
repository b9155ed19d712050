"""Options of the analyses: how their text becomes a value, and what is said of a text that cannot be one."""

from __future__ import annotations

from reporter.errors import ReportError, plain


def price_year(value: object) -> tuple[int, float]:
    """A year, and its prices over those of the series. Raises ReportError for what cannot be."""
    year, sign, ratio = str(value).partition("=")
    try:
        if sign and float(ratio) > 0:
            return int(year), float(ratio)
    except ValueError:
        pass
    raise ReportError(
        f"--price-year {plain(value)}: no price index is bundled; write YEAR=RATIO, that year's prices over those of "
        "the series, such as 2024=1.22 (from your statistical office)"
    )


def calls(value: object) -> float:
    """Expected or logged inferences. Raises ReportError for what cannot be."""
    try:
        calls = float(str(value))
    except ValueError:
        calls = 0.0
    if not 0 < calls < 1e30:
        raise ReportError(f"--expected-calls, --calls-logged: {plain(value, 40)} is no number of calls; write 1e6")
    return calls


def alpha(value: object) -> tuple[float, ...]:
    """Exponents of the energy-precision ratio. Raises ReportError for what cannot be."""
    parts = value if isinstance(value, list | tuple) else str(value).split(",")
    try:
        alphas = tuple(dict.fromkeys(float(part) for part in parts))
    except ValueError:
        alphas = ()
    if not alphas or not all(0 < alpha <= 100 for alpha in alphas):
        raise ReportError(f"--alpha {plain(value, 40)}: write exponents above 0 such as 1,2,4")
    return alphas


def lifetime(value: object) -> float:
    """Years of service of the hardware. Raises ReportError for what cannot be."""
    try:
        years = float(str(value).removesuffix("years").removesuffix("year"))
    except ValueError:
        years = 0.0
    if not 0 < years <= 100:
        raise ReportError(f"--lifetime {plain(value)}: write the years that the hardware is to serve, such as 4")
    return years


def functional_unit(value: object) -> tuple[float, str]:
    """How many of what the runs served. Raises ReportError for what cannot be."""
    number, _, name = str(value).strip().partition(" ")
    try:
        if float(number) > 0 and name.strip():
            return float(number), name.strip()
    except ValueError:
        pass
    raise ReportError(f"--functional-unit {plain(value)}: write how many of what, such as '1e6 inferences'")


def carbon_free(value: object) -> float:
    """A share from 0 to 1. Raises ReportError for what cannot be."""
    text = str(value).strip()
    try:
        share = float(text.rstrip("% ")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ReportError(f"--carbon-free {plain(value)}: write a share from 0 to 1, or from 0 to 100 %")
    return share


def versus(value: object) -> tuple[str, str]:
    """Two groups, the second set against the first. Raises ReportError for what cannot be."""
    names = [part.strip() for part in str(value).split(",")]
    if len(names) != 2 or not all(names):
        raise ReportError(f"--versus {plain(value, 60)}: write two groups, A,B: what B takes more or less than A")
    return names[0], names[1]


def overlap(value: object) -> str:
    """How runs of one machine at one time count. Raises ReportError for what cannot be."""
    if value not in {"sum", "once"}:
        raise ReportError(f"--overlap {plain(value)}: write sum (each run counts) or once (a machine's time does)")
    return str(value)


def hardware(value: object) -> tuple[str, ...]:
    """Hardware as the user names it, one entry a model."""
    return tuple(part.strip() for part in (value if isinstance(value, list | tuple) else str(value).split(",")))
