"""Trackers that install here, really run: what they report of themselves against what we read."""
