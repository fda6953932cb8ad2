"""The steps of the pipeline and the `keten` command.

Each step is a function of frozen settings and parameters that returns an outcome: `ontvang` (take in a levering),
`toelaten` (pass it through the door), `signaleer` (make signals), `lever` (compose, validate and deliver messages).
`werk` strings them together for a product, `cli` for a person; `dags/` calls the same functions.
"""
