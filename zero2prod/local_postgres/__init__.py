"""A real PostgreSQL for people who have none: a Django database backend that brings its server.

`ENGINE = "zero2prod.local_postgres"` leases the server of the checkout at the first connection, so
`check`, `collectstatic` and `--help` start nothing, and tests, workers and commands need no hook.
"""
