"""Writes the samples of Green Algorithms and Cloud Carbon Footprint: make_calculators.py SAMPLES FOLDER.

Both tools are web pages or need a cloud account, so the files are worked out here by the tools' own formulas and laid
out as their export code does it, from inputs chosen freely. Prints the totals. Shares no code with carbon-report.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

MEMORY_W_PER_GB = 0.3725
HOME = [
    "coreType",
    "CPUmodel",
    "numberCPUs",
    "tdpCPU",
    "usageCPUradio",
    "usageCPU",
    "GPUmodel",
    "numberGPUs",
    "tdpGPU",
    "usageGPUradio",
    "usageGPU",
    "memory",
    "runTime_hour",
    "runTime_min",
    "platformType",
    "locationContinent",
    "locationCountry",
    "locationRegion",
    "provider",
    "serverContinent",
    "server",
    "location",
    "carbonIntensity",
    "PUE",
    "PUEradio",
    "mult_factor",
    "mult_factor_radio",
    "appVersion",
]
FORM = {
    "coreType": "Both",
    "CPUmodel": "Xeon E5-2683 v4",
    "numberCPUs": 12,
    "tdpCPU": 7.5,
    "usageCPUradio": "Yes",
    "usageCPU": 0.9,
    "GPUmodel": "NVIDIA Tesla V100",
    "numberGPUs": 2,
    "tdpGPU": 300,
    "usageGPUradio": "No",
    "usageGPU": 1.0,
    "memory": 64,
    "runTime_hour": 12,
    "runTime_min": 30,
    "platformType": "localServer",
    "locationContinent": "Europe",
    "locationCountry": "United Kingdom",
    "locationRegion": "GB",
    "provider": "gcp",
    "serverContinent": "Europe",
    "server": "gcp--europe-west1",
    "location": "GB",
    "carbonIntensity": 231.12,
    "PUE": 1.67,
    "PUEradio": "Yes",
    "mult_factor": 3,
    "mult_factor_radio": "Yes",
    "appVersion": "v3.0",
}


def metrics(form: dict[str, object], cores: float = 1.0) -> dict[str, object]:
    """The results of a form by the calculator's formula: power x PUE, times hours and repetitions, times intensity."""
    both = form["coreType"]
    cpu_w = form["numberCPUs"] * form["tdpCPU"] / cores * form["usageCPU"] if both in ("CPU", "Both") else 0
    gpu_w = form["numberGPUs"] * form["tdpGPU"] * form["usageGPU"] if both in ("GPU", "Both") else 0
    hours = form["runTime_hour"] + form["runTime_min"] / 60
    watts = {"CPU": cpu_w, "GPU": gpu_w, "core": cpu_w + gpu_w, "memory": form["memory"] * MEMORY_W_PER_GB}
    kwh = {part: hours * form["PUE"] * watt * form["mult_factor"] / 1000 for part, watt in watts.items()}
    energy = kwh["core"] + kwh["memory"]
    out = {"energy_needed": energy, "carbonEmissions": energy * form["carbonIntensity"], "runTime": hours}
    out["power_needed"] = form["PUE"] * (watts["core"] + watts["memory"])
    return {**out, **{f"CE_{part}": value * form["carbonIntensity"] for part, value in kwh.items()}}


def write(path: Path, cells: dict[str, object]) -> None:
    """One row, ``;`` between cells, every value as Python's str."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, delimiter=";", lineterminator="\n")
        rows.writerow(cells)
        rows.writerow([str(value) for value in cells.values()])


def green_algorithms(folder: Path) -> None:
    """A home page, an AI page with its totals, and a newer AI page whose parts are whole."""
    home = {**FORM, **metrics(FORM)}
    write(folder / "GreenAlgorithms_results__2025-05-06_10-20-30.csv", home)
    print("home", home["energy_needed"] / FORM["PUE"], home["energy_needed"], home["carbonEmissions"] / 1e3)
    training = {**FORM, "PUE": 1.2, "mult_factor": 1, "mult_factor_radio": "No"}
    inference = {**training, "coreType": "GPU", "CPUmodel": None, "numberGPUs": 1, "runTime_hour": 30, "PUE": 1.1}
    parts = {"training": metrics(training), "inference": metrics(inference)}
    more, scope = 1 + 0.5 + 0.25 * 4, 12.0  # R&D, retrainings; a month's inference over a year
    total = [
        more * parts["training"][key] + scope * parts["inference"][key] for key in ("energy_needed", "carbonEmissions")
    ]
    page: dict[str, object] = {
        "appVersion": "v3.0",
        "reporting_time_scope_unit": "year",
        "reporting_time_scope_value": 1,
    }
    for name, form in (("training", training), ("inference", inference)):
        page |= {f"{name}-{key}": form[key] for key in HOME if key != "appVersion"}
        page |= {f"{name}-{key}": value for key, value in parts[name].items()}
    page |= {
        "retrainings_radio": "Yes",
        "retrainings_number_input": 4,
        "retrainings_MF_value": 0.25,
        "R&D_radio": "Yes",
    }
    page |= {"R&D_MF_value": 0.5, "continuous_inference_switcher": True, "input_data_time_scope_unit": "month"}
    page |= {"input_data_time_scope_val": 1}
    write(
        folder / "GreenAlgorithms_results_AI_2025-05-06_11-00-00.csv",
        {**page, "tot_energy_needed": total[0], "tot_carbonEmissions": total[1]},
    )
    it = more * parts["training"]["energy_needed"] / 1.2 + scope * parts["inference"]["energy_needed"] / 1.1
    print("AI", it, total[0], total[1] / 1e3)
    for name, times in (("training", more), ("inference", scope)):
        once = "main_energy_needed" if name == "training" else "energy_needed_before_scaling"
        page[f"{name}-{once}"] = parts[name]["energy_needed"]
        page |= {f"{name}-{key}": times * parts[name][key] for key in ("energy_needed", "carbonEmissions")}
    write(folder / "newer" / "GreenAlgorithms_results_AI_2025-09-01_09-00-00.csv", page)


def cloud_carbon_footprint(folder: Path) -> None:
    """The three tables of the command line (kWh with 2 decimals, tons with 6), and the API's answer."""
    folder.mkdir(parents=True, exist_ok=True)
    services = ["AmazonEC2", "AmazonS3", "AWS Key Management, and Secrets"]
    days = {
        "2025-03-01": [(39.481, 0.016895), (0.082, 0.000036), (0.0, 0.0)],
        "2025-03-02": [(41.07, 0.017575), (0.081, 0.000035), (1.26, 0.000539)],
    }
    header = [
        "Date (UTC)",
        *(f"{name} {unit}" for name in (*services, "SUM") for unit in ("kilowatt hours", "metric tons CO2e Emissions")),
    ]
    rows, columns = [header], [[sum(day[n][k] for day in days.values()) for k in (0, 1)] for n in range(3)]
    for date, cells in [*days.items(), ("Total", columns)]:
        whole = [sum(cell[k] for cell in cells) for k in (0, 1)]
        rows.append([date, *(f"{value:.{2 + 4 * k}f}" for cell in (*cells, whole) for k, value in enumerate(cell))])
    by_day = [["Date", *header[-2:]], *([row[0], *row[-2:]] for row in rows[1:])]
    by_day[0][1:] = "kilowatt hours", "metric tons CO2e Emissions"
    by_service = [["Service", *by_day[0][1:], "Cost"]]
    total = [sum(column[k] for column in columns) for k in (0, 1)]
    for name, column in [*zip(services, columns, strict=True), ("Total", total)]:
        by_service.append([name, f"{column[0]:.2f}", f"{column[1]:.6f}", "$1.23"])
    for name, table in (("day-and-service", rows), ("day", by_day), ("service", by_service)):
        text = "".join(",".join(row) + "\n" for row in table)
        (folder / f"by-{name}.csv").write_text(text, encoding="utf-8")
    estimates = [
        {
            "timestamp": f"{date}T00:00:00.000Z",
            "periodStartDate": f"{date}T00:00:00.000Z",
            "periodEndDate": f"{date}T23:59:59.000Z",
            "groupBy": "day",
            "serviceEstimates": [
                {
                    "cloudProvider": "AWS",
                    "accountId": "123456789012",
                    "accountName": "test",
                    "serviceName": name,
                    "kilowattHours": kwh,
                    "co2e": tons,
                    "cost": 1.23,
                    "region": "us-west-2",
                    "usesAverageCPUConstant": False,
                }
                for name, (kwh, tons) in zip(services, cells, strict=True)
            ],
        }
        for date, cells in days.items()
    ]
    (folder / "footprint.json").write_text(json.dumps(estimates, indent=1) + "\n", encoding="utf-8")
    print("CCF", total[0], total[1] * 1e3)
    machine = (
        "cpuDescription,machineName,memory,machineType,startTime,endTime,country,region,cpuUtilization,"
        "powerUsageEffectiveness,cost,dailyUptime,dailyKilowattHours,dailyCo2e,weeklyUptime,weeklyKilowattHours,weeklyCo2e,"
        "monthlyUptime,monthlyKilowattHours,monthlyCo2e,annualUptime,annualKilowattHours,annualCo2e\n"
        "Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz,rack-1,130690,server,2025-01-17T13:38:18Z,2025-01-24T18:22:29Z,"
        "United States,Texas,50,1.5,,24,13.8,0.0057,168,96.6,0.0399,720,414,0.171,8760,5037,2.0805\n"
        "Apple M1,desk-2,16000,laptop,2025-01-17T13:38:18Z,2025-01-24T18:22:29Z,United States,Texas,,,,8,0.2,0.00008,"
        "40,1,0.0004,160,4,0.0016,,,\n"
    )
    (folder / "on-premise.csv").write_text(machine, encoding="utf-8")


if __name__ == "__main__":
    green_algorithms(Path(sys.argv[1]) / "green-algorithms")
    cloud_carbon_footprint(Path(sys.argv[1]) / "cloud-carbon-footprint")
