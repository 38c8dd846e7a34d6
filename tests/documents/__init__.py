"""Tests of tlcore/documents."""
