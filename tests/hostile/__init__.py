"""The hostile corpus: `make.py` writes its cases, `manifest.csv` says what must happen, `run.py` sees that it does."""
