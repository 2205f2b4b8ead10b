"""The steps of the work, each one call: what the DAGs run, and the tests without Airflow.

A step takes an engine and the settings, and returns plain data. Import it from its module; importing this package costs nothing.
"""
