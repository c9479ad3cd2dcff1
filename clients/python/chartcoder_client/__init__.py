"""Python client of a Chartcoder server."""
