"""All that is data: bronnen, doelen, producten, berichten, codes, normen and ontvangers.

The YAML and CSV files in this folder are the only source of truth. `model` gives them types, `load` reads and
cross-checks them, `arrow` and `reference` turn them into Arrow schemas and tables, `generate` writes the artefacts that
other tools need (dbt sources, Arrow schema listing, message schemas) and tells whether they have drifted.
"""
