"""The variables by which the director tells a process what it is in for."""

PLAN = "CHAOS_FEED"
QUEUE = "CHAOS_QUEUE"
CLOCK = "CHAOS_CLOCK"
ARMED = "CHAOS_POINT"
KILLS = "CHAOS_KILLS"
