"""What contracts change on paper: market-based emissions and offsets, beside the location-based figure, never in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporter.footprint import Amount, Contracts

if TYPE_CHECKING:
    from reporter.options import Options


def contracts(energy: Amount | None, location_based: Amount | None, options: Options) -> Contracts | None:
    """Gross and net in kg CO2e, as Patterson et al. (2021) tell them apart; None where no contract is told.

    Location-based (gross) is energy x the grid's intensity. Market-based (GHG Protocol Scope 2 Guidance, 2015) is
    energy x the intensity of the contract, or gross less the carbon-free share that it buys. Offsets are subtracted
    from neither: the net is a line of its own.
    """
    if options.market_intensity_g_per_kwh is None and options.carbon_free is None and options.offsets_kg is None:
        return None
    market: Amount | None = None
    if options.market_intensity_g_per_kwh is not None and energy is not None:
        contract = Amount(options.market_intensity_g_per_kwh, "gCO2e/kWh", basis="estimated")
        market = energy.times(contract, "kgCO2e", 1e-3)
    elif options.carbon_free is not None and location_based is not None:
        market = location_based.times(Amount(1.0 - options.carbon_free, "ratio", basis="estimated"), "kgCO2e")
    base = location_based if market is None else market
    offsets = options.offsets_kg or 0.0
    net = None if base is None else base._replace(
        value=base.value - offsets,
        low=None if base.low is None else base.low - offsets,
        high=None if base.high is None else base.high - offsets,
    )  # fmt: skip
    return Contracts(location_based, market, options.offsets_kg, net)
