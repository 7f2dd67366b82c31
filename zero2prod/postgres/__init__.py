"""Django's PostgreSQL backend, made fast where a sign-up passes."""
