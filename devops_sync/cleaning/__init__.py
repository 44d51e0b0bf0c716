"""A worker's side of clean-ups: what falls under one is marked, its deletions stand in their lanes, it is proven."""

from .running import is_anything_due, run, run_due

__all__ = ["is_anything_due", "run", "run_due"]
