"""The parts of the Classroom page."""
