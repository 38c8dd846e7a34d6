"""Tests of tlcore/analysis."""
