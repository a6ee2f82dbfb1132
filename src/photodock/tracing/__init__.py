"""Spans of OpenTelemetry, where traces are wanted. Where they are not, nothing of it is imported.

`spans` is what the others call, and `setup` turns it on: then `spans` hands on to a `recorder`, whose spans an
`exporter` sends. `ids` says which trace is a photo's.
"""
