"""The same work from a terminal: one module a command. They print, and return exit codes; main.py hooks them in."""
