"""The crash matrix: the real system under load, its parts killed with SIGKILL, and an audit of what is left."""
