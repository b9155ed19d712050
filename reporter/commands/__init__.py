"""The commands besides the main path, one file each: `run(arguments)` gives the exit status."""
