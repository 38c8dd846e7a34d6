"""Runs on the same photos, side by side: which of them is better, and by more than chance."""
