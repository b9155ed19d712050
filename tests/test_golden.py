"""One fixed report is in every text format and language what its golden file says; programs read the same in all."""

from __future__ import annotations

import pytest

from reporter.wording import LANGUAGES

from . import golden


@pytest.mark.parametrize(("name", "language"), golden.files())
def test_the_golden_file_still_holds(name: str, language: str) -> None:
    path = golden.path_of(name, language)

    assert path.exists(), "python -m tests.golden --write makes it; look at it before you keep it"
    assert path.read_bytes().decode() == golden.render(name, language).decode(), (
        "where this is meant, python -m tests.golden --write; look at the difference"
    )


@pytest.mark.parametrize("name", golden.MACHINE_FORMATS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_programs_read_is_the_same_in_every_language(name: str, language: str) -> None:
    assert golden.render(name, language) == golden.render(name, "en")


def test_there_is_no_golden_file_of_anything_else() -> None:
    there = {path for path in golden.FOLDER.rglob("*") if path.is_file()}

    assert there == {golden.path_of(name, language) for name, language in golden.files()}
