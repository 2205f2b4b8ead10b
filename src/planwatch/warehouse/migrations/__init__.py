"""Alembic's environment and versions; tables only, in `sql/`. Views stand in `planwatch.warehouse.views`."""
