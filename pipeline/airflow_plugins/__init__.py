"""Plugins of Airflow: the folder that `make airflow` gives it."""
