"""Signals to messages and back: JSON, XML and CSV from one definition.

`generate` writes the XSD, JSON Schema, CSVW metadata and documentation from `schemas/berichten`; `write` turns columns
of signals into message files, `read` turns them back, `validate` holds a file against its schema, `manifest` describes
a delivery, and `lees` is what a gemeente uses to open one. Nothing here knows of the pipeline, Airflow or dbt.
"""
