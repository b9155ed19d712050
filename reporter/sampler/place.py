"""Where this machine stands, as far as it knows without asking the network: a cloud's region, a hint of a country."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from reporter.errors import ReportError, plain
from reporter.patterns import pattern
from reporter.sampler.sysfs import word

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Variables that a provider's own runtimes set, best first. AWS_DEFAULT_REGION is a client's wish, and none of them.
VARIABLES = (
    ("AWS_REGION", "aws"),
    ("GOOGLE_CLOUD_REGION", "gcp"),
    ("CLOUD_ML_REGION", "gcp"),
    ("AZURE_REGION", "azure"),
    ("AZUREML_WORKSPACE_LOCATION", "azure"),
    ("AZURE_LOCATION", "azure"),
    ("OCI_REGION", "oracle"),
)
#: What a provider's machines say who made them; a maker that is none of these stands on a desk.
_MAKERS = {"amazon": "aws", "google": "gcp", "microsoft": "azure", "oracle": "oracle"}
_VIRTUAL = ("qemu", "xen", "kvm", "openstack", "virtualbox", "vmware", "innotek", "red hat")
_REGION = pattern(r"[A-Za-z][\w -]{1,39}")


def cloud(
    environment: Mapping[str, str] | None = None, maker: str = "/sys/class/dmi/id/sys_vendor"
) -> tuple[str | None, str | None]:
    """``provider:region`` of this machine as its environment tells, and a line where the environment is not believed.

    The variables are set on many desks too, for use with a provider's tools. So a machine whose firmware names a maker
    that is neither the provider nor a hypervisor is not believed to stand in that region.
    """
    variables = os.environ if environment is None else environment
    told = word(maker).casefold()
    for name, provider in VARIABLES:
        region = re.sub(r"\s", "", variables.get(name, "")).lower()
        if not _REGION.fullmatch(region):
            continue
        made = next((one for key, one in _MAKERS.items() if key in told), None)
        if told and made != provider and not any(word in told for word in _VIRTUAL):
            return None, (
                f"{name} says {provider}:{region}, but this machine was made by {plain(told, 40)}: not taken; "
                f"if it stands there, report with --cloud {provider}:{region}"
            )
        return f"{provider}:{region}", None
    return None, None


def country_of_time_zone(
    table: str = "/usr/share/zoneinfo/zone.tab", local: str = "/etc/localtime", zone: str | None = None
) -> tuple[str, str] | None:
    """The country (ISO 3166 alpha-2) and the name of the time zone set here: a suggestion, and never more.

    None where the zone is no country's (UTC), or not known.
    """
    name = zone or os.environ.get("TZ", "").removeprefix(":") or os.path.realpath(local).partition("/zoneinfo/")[2]
    if not name:
        return None
    try:
        with open(table, encoding="utf-8", errors="replace") as file:
            rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    except OSError:
        return None
    return next(((row[0], name) for row in rows if len(row) > 2 and row[2] == name), None)


def checked_country(text: str | None) -> str | None:
    """An ISO 3166 alpha-3 code. Raises ReportError for anything that has not its form."""
    if text is not None and not re.fullmatch(r"[A-Z]{3}", text):
        raise ReportError(f"country '{plain(text, 40)}': write the ISO 3166 code of three letters, such as FRA")
    return text
