"""Names of processors: brings the many spellings of one model to one key, so that only equal models meet."""

from __future__ import annotations

import re

from reporter.patterns import pattern

#: What tools and drivers add around a model: it says nothing about which model it is.
_NOISE = pattern(
    r"""\((?:r|tm|c)\)|[®™©]      # marks
      | @.*$                      # clock: '@ 2.40GHz'
      | ^\s*\d+\s*x\s+            # count: '8 x NVIDIA ...'
      | \b\d+th\ gen\b
      | \b(?:\d+|two|four|six|eight|twelve|sixteen)-cores?\b
      | \bwith\ radeon\b.*$ | \bw/\ radeon\b.*$
      | \bx-series\b""",
    re.VERBOSE,
)
_BRANDS = {"nvidia", "amd", "intel", "tesla", "geforce", "quadro", "cpu", "gpu", "processor", "graphics", "corporation"}


def model_key(name: str) -> str:
    """Bring a model's name to its key: ``'Intel(R) Xeon(R) CPU E5-2630 v3 @ 2.40GHz'`` becomes ``'xeon e5 2630 v3'``.

    Form factor, memory size and suffixes stay, for they decide the power (A100 PCIe 250 W, A100 SXM4 400 W).
    """
    text = _NOISE.sub(" ", name.lower())
    text = re.sub(r"[^a-z0-9+.]+", " ", text)
    text = re.sub(r"(\d) gb\b", r"\1gb", text)
    text = re.sub(r"(\d)v(\d)\b", r"\1 v\2", text)
    return " ".join(word for word in text.split() if word not in _BRANDS)
