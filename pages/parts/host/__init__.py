"""The parts of the Host page."""
