"""Settings → services. The only place that picks adapters and puts the parts together.

Each process loads its own module: a worker knows nothing of the web framework.
"""
