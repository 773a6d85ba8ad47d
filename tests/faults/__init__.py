"""Faults on purpose, and one checker that judges what happened."""
