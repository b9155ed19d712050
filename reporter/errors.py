"""Everything that can be said about an input: errors that stop a file, findings that travel with the report."""

from __future__ import annotations

from typing import Literal, NamedTuple

Level = Literal["note", "warning", "error"]

#: Every finding's code and its short name. A code keeps its meaning for ever; a test holds the table to the code.
FINDINGS = {
    "CR001": "file refused",
    "CR002": "row skipped",
    "CR003": "cut last line",
    "CR004": "shifted row repaired",
    "CR005": "repeated header",
    "CR006": "text not in UTF-8",
    "CR007": "moment not understood",
    "CR008": "column not understood",
    "CR010": "cumulative rows counted once",
    "CR011": "sibling files of the same log",
    "CR012": "task rows beside their run",
    "CR013": "run without energy",
    "CR014": "runs overlap on one machine",
    "CR015": "clock moved back",
    "CR016": "last sample stretched",
    "CR017": "samples far apart",
    "CR018": "time zone found from the samples",
    "CR019": "run without an end",
    "CR020": "attributed power above the machine's",
    "CR021": "repeated row",
    "CR022": "counter went back",
    "CR023": "meter fell silent",
    "CR024": "rows out of order",
    "CR025": "part of the machine not metered",
    "CR026": "readings missing",
    "CR027": "power not measured",
    "CR028": "prediction beside the measurement",
    "CR029": "claim, not a measurement",
    "CR030": "parts do not add up",
    "CR031": "mean power not plausible",
    "CR032": "implied intensity not plausible",
    "CR033": "PUE not plausible",
    "CR034": "duration not told",
    "CR035": "value not plausible",
    "CR036": "windows overlap",
    "CR037": "device fell silent",
    "CR038": "total row not added",
    "CR039": "steps of one job counted once",
    "CR040": "plug-in not loaded",
    "CR041": "PUE inside the energy not told",
    "CR042": "link not followed",
    "CR043": "embodied emissions inside the tracker's figure",
    "CR044": "devices told apart by their order",
    "CR045": "job's share of the machine",
    "CR046": "rows of one run added up",
    "CR047": "idle power not counted",
    "CR048": "power at rest",
    "CR049": "whole nodes metered",
    "CR050": "mean of the devices taken for their sum",
    "CR100": "tracker's emissions differ",
    "CR101": "intensity not known",
    "CR103": "PUE not told",
    "CR104": "cloud region stands for its country",
    "CR105": "year of the run not told",
    "CR106": "domestic social cost",
    "CR107": "emissions known for some runs only",
    "CR108": "energy estimated, not measured",
    "CR109": "social cost figure withdrawn",
    "CR110": "figure given by the author",
    "CR111": "intensity of another year",
    "CR112": "intensity series covers a part",
    "CR113": "marginal intensity",
    "CR114": "intensity series with gaps",
    "CR115": "intensity series estimated in part",
    "CR116": "intensity series read on an assumption",
    "CR117": "generation without a factor",
    "CR118": "embodied emissions not counted",
    "CR119": "social cost below 0",
    "CR120": "extrapolated",
    "CR121": "life cycle incomplete",
    "CR122": "metrics of no run",
    "CR123": "moved in part to another time",
    "CR124": "label rule finds nothing",
    "CR125": "run in no experiment",
    "CR126": "experiment without runs",
    "CR127": "run of several experiments",
    "CR200": "kilograms where grams are due",
    "CR201": "metadata and text differ",
    "CR202": "figure that YAML reads as text",
    "CR203": "thousands separator in the metadata",
    "CR204": "unit inside the metadata's figure",
    "CR205": "emissions not in the Hub's form",
    "CR206": "same digits in units 1,000 apart",
    "CR207": "energy in a unit of power",
    "CR208": "power per hour",
    "CR209": "GPU-hours times GPUs",
    "CR210": "PUE below 1",
    "CR211": "emissions 1,000 times off energy and intensity",
    "CR212": "boundary not told",
    "CR213": "year of the intensity not told",
    "CR214": "source of the intensity not told",
    "CR215": "hardware not told",
    "CR216": "place not told",
    "CR217": "method not told",
    "CR218": "net claim without gross",
    "CR219": "placeholder left",
    "CR220": "emissions of 0",
    "CR221": "line not read",
}


class Finding(NamedTuple):
    """What a reader of the report should know about one figure or input.

    ``code`` is a key of FINDINGS, ``where`` a path with an optional line (``run.csv:14``) or None.
    """

    code: str
    level: Level
    message: str
    where: str | None = None


class ReportError(Exception):
    """An input or an option is wrong: one line saying where, what, and what to do next.

    The command line prints it as ``carbon-report: FILE:LINE: message`` and ends with exit status 1.
    """

    def __init__(self, message: str, *, file: object = None, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.file, self.line = message, file, line

    @property
    def where(self) -> str | None:
        """The place: ``file``, ``file:line`` or None."""
        if self.file is None:
            return None
        return f"{self.file}:{self.line}" if self.line is not None else str(self.file)

    def bare(self) -> ReportError:
        """Itself, to be kept: without the frames that it and its causes came through, each of which holds a file."""
        one: BaseException | None = self
        while one is not None:
            one.__traceback__ = None
            one = one.__cause__ or one.__context__
        return self

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


def plain(text: object, limit: int = 200) -> str:
    r"""Show foreign text on one line of a terminal: controls and bidi marks become ``\xNN``, long text is cut."""
    told = str(text)
    if len(told) <= limit and told.isascii() and told.isprintable():
        return told
    out = []
    for char in told[: limit + 1]:
        code = ord(char)
        bad = code < 32 or 127 <= code < 160 or code in _INVISIBLE or 0xD800 <= code < 0xE000
        out.append((f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}") if bad else char)
    return "".join(out) if len(out) <= limit else "".join(out[:limit]) + "…"


_INVISIBLE = {*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF}
