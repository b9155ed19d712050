"""Nothing goes out and nothing of the environment goes in: no network, no names of user, host or folders in outputs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest

from .conftest import ROOT, SAMPLES

#: What reads, assesses and writes everything; the programs of component tests talk to each other on this machine.
SUITE = ("test_samples", "test_markdown", "test_pdf", "test_json", "test_model_card", "test_intensity_series")
OUTPUTS = {
    "json": "a.json", "latex": "a.tex", "html": "a.html", "markdown": "a.md", "model-card": "a.card.md",
    "ledger": "a.ledger.csv", "badge": "a.svg", "bibtex": "a.bib", "macros": "a.macros.tex", "statement": "a.txt",
    "readme": "readme.md", "pdf": "a.pdf", "parquet": "a.parquet", "shields": "a.shields.json",
    "latex-table": "a.table.tex", "checklist": "neurips=a.neurips.md",
}  # fmt: skip


def apart() -> list[str]:
    """What runs a command in a network namespace of its own, without any route, not even to this machine."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    for words in (["unshare", "-n"], ["unshare", "-rn"]):
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    pytest.skip("this machine makes no network namespaces; as root it does")


def test_the_suite_passes_without_any_network() -> None:
    words = apart()
    code = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    lone = subprocess.run([*words, sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Network is unreachable" in lone.stderr
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"tests/{name}.py" for name in SUITE)]
    done = subprocess.run([*words, *command], cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_test_that_would_reach_out_fails() -> None:
    """The watch of conftest.py, which holds for the whole suite."""
    with pytest.raises(RuntimeError, match=r"a test reaches out to 192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), 0.1)


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """Logs below folders whose names must not come out."""
    folder = tmp_path / "planted-home" / "planted-project" / "logs"
    for name in ("codecarbon/3.3.2-sweep", "slurm/sacct", "nvidia-smi/two-gpus", "power-log/cpu-load", "zeus/windows"):
        shutil.copytree(SAMPLES / name, folder / name.replace("/", "-"))
    return folder


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize("named", ["folder", "files"])
def test_no_name_of_user_host_or_folder_comes_out(planted: Path, named: str, *, absolute: bool) -> None:
    logs = [planted] if named == "folder" else sorted(path for path in planted.rglob("*.*") if path.is_file())
    project = planted.parent
    places = [str(path if absolute else path.relative_to(project)) for path in logs]
    out = project.parent.parent / "out"
    out.mkdir()
    written = []
    for option, name in OUTPUTS.items():
        before, sign, file = name.rpartition("=")
        written += [f"--{option}", f"{before}{sign}{out / file}"]
    host = {"USER": "planted-user", "LOGNAME": "planted-user", "HOSTNAME": "planted-host", "HOME": str(project.parent)}
    done = subprocess.run(
        [sys.executable, "-m", "reporter", *places, *written, "--working", "--uncertainty", "--standalone"],
        cwd=project, env={**os.environ, **host, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(list(out.iterdir())) == len(OUTPUTS)
    for path in sorted(out.iterdir()):
        text = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".pdf":
            reader = pypdf.PdfReader(path)
            text += " ".join(page.extract_text() for page in reader.pages) + str(reader.metadata)
        if path.suffix == ".parquet":
            pandas = pytest.importorskip("pandas")
            text += pandas.read_parquet(path).to_csv()
        for secret in ("planted", str(project), socket.gethostname() if len(socket.gethostname()) > 4 else "planted"):
            assert secret not in text, f"{path.name}: ...{text[max(0, text.find(secret) - 60) :][:160]}"


def test_two_people_get_the_same_bytes(planted: Path, tmp_path: Path) -> None:
    """Other user, home, folder, language, time zone and hash seed: the outputs do not differ."""
    other = tmp_path / "elsewhere" / "logs"
    shutil.copytree(planted, other)
    made = []
    for place, (folder, more) in enumerate([
        (planted, {"USER": "a", "LANG": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"}),
        (other, {"USER": "b", "LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2"}),
    ]):  # fmt: skip
        out = tmp_path / f"out{place}"
        out.mkdir()
        names = {option: name for option, name in OUTPUTS.items() if option not in {"parquet", "checklist"}}
        written = [word for option, name in names.items() for word in (f"--{option}", str(out / name))]
        subprocess.run(
            [sys.executable, "-m", "reporter", str(folder), *written, "--quiet"], check=True, cwd=folder,
            env={**os.environ, **more, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        made.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert sorted(made[0]) == sorted(made[1])
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []
