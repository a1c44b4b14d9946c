"""Facts about the outside world that change by themselves: limits, lifecycles, controls; dated, with their source."""
