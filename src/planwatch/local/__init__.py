"""The whole system on one machine: embedded Postgres, mail catcher, Airflow, and the order in which they start."""
