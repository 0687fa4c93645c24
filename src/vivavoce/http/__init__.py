"""HTTP: the resources under `/api/v1`, health and metrics, and the web app's files."""
