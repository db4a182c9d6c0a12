"""Conformance suites and fakes for plug-in authors."""
