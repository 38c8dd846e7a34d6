"""A training run as a list of stages: what it is, how long it takes, and doing it."""
