"""Spans of OpenTelemetry, where traces are wanted. Where they are not, nothing of it is imported.

`spans` is what the others call; `exporting` turns it on.
"""
