"""Runs on disk, the worker process that executes them, and the queue in front of it."""
