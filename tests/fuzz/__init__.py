"""Fuzzing: damaged logs, hostile names and odd options, for as long as `make fuzz TIME=...` says."""
