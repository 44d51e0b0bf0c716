"""The fault run: kills, outages and rate limits, and at the end nothing is lost. See `make chaos`."""
