"""Bringing a network along: read in a limited process, its scaling tried on photos where nothing tells it, and kept."""
