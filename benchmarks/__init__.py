"""Measurements of carbon-report, each as a ratio within one run, since machines are noisy."""
