"""What is counted for Prometheus: by `api`, `workers`, `db` and `storage`, never by services or the domain."""
