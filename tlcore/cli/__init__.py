"""The same work from a terminal: one module a command."""
