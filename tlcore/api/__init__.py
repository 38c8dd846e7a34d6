"""The functions behind `import tlcore`, for Python programs and notebooks; the command line calls the same ones.

tlcore/__init__.py lists which of the names in here are public, and imports them when they are asked for.
"""
