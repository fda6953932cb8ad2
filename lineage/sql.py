"""Reads column lineage from the SQL of the models.

`lees_modellen()` parses each model with sqlglot, fills in what `select *` stands for, and follows every projection
through CTEs, subqueries, windows and unions down to the tables that the model reads. The value parts of an expression
give DIRECT edges; conditions of a CASE, the OVER of a window, joins, filters and groups give INDIRECT ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from lineage.kolommen import Kant, Kolom, Kolomgraaf, Model, Soort, joined, sterkste

_DIALECT = "duckdb"
_OTHER_ROW = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue, exp.RowNumber, exp.Rank, exp.DenseRank)


class Onherleidbaar(Exception):
    """A column of which the SQL does not say where it comes from; the message names model and column."""


def lees_modellen(sql: Mapping[str, str], bronkolommen: Mapping[str, Iterable[str]]) -> Kolomgraaf:
    """Reads the lineage of all models.

    Args:
        sql: compiled SQL per model; a source is read as `read_parquet(['<name>'])`, a model by its name.
        bronkolommen: the columns of every source, by name (`uwv.inkomstenopgave`).

    Raises:
        Onherleidbaar: a column that is not found in what the model reads.
    """
    parsed = {model: _with_sources(parse_one(text, dialect=_DIALECT)) for model, text in sql.items()}
    reads = {
        model: {table.name for table in tree.find_all(exp.Table)} & parsed.keys() for model, tree in parsed.items()
    }
    columns = {naam: list(kolommen) for naam, kolommen in bronkolommen.items()}
    result: dict[str, Model] = {}
    for model in (naam for naam in TopologicalSorter(reads).static_order() if naam in parsed):
        result[model] = _Lezer(model, parsed[model], columns).lees()
        columns[model] = list(result[model].kolommen)
    return Kolomgraaf(result)


def _with_sources(tree: exp.Expr) -> exp.Expr:
    """The same query with its Parquet files as tables of their own name, and models without their database."""
    for table in list(tree.find_all(exp.Table)):
        files = table.this
        if isinstance(files, exp.ReadParquet):
            naam = next(files.find_all(exp.Literal)).this
            table.set("this", exp.to_identifier(naam, quoted=True))
        table.set("db", None)
        table.set("catalog", None)
    return tree


class _Lezer:
    """Reads one model: a scope is a select with the tables and subqueries it can name."""

    def __init__(self, model: str, tree: exp.Expr, columns: Mapping[str, list[str]]) -> None:
        self.model = model
        schema: dict[str, object] = {naam: dict.fromkeys(names, "unknown") for naam, names in columns.items()}
        qualified = qualify(
            tree, schema=schema, dialect=_DIALECT, quote_identifiers=True, validate_qualify_columns=False
        )
        scope = build_scope(qualified)
        if scope is None:
            raise Onherleidbaar(f"{model}: geen select")
        self._root = scope
        self._known: dict[tuple[int, int], frozenset[Kant]] = {}
        self._row_edges: dict[int, frozenset[Kant]] = {}

    def lees(self) -> Model:
        """The edges of every output column, and those of its rows."""
        names = _query(self._root).named_selects
        edges = {naam: self._kolom(self._root, plaats) for plaats, naam in enumerate(names)}
        reads = frozenset(table.name for scope in self._root.traverse() for table in _tables(scope))
        return Model(edges, self._rijen(self._root), reads)

    def _kolom(self, scope: Scope, plaats: int) -> frozenset[Kant]:
        """The edges of a column of a select, by its position: in a union the names may differ from branch to branch."""
        key = (id(scope), plaats)
        if key not in self._known:
            self._known[key] = frozenset()  # a recursive CTE meets itself here
            self._known[key] = frozenset(sterkste(self._projectie(scope, plaats)))
        return self._known[key]

    def _projectie(self, scope: Scope, plaats: int) -> Iterator[Kant]:
        if isinstance(scope.expression, exp.SetOperation):
            for branch in scope.set_operation_scopes:
                yield from self._kolom(branch, plaats)
        else:
            yield from self._uitdrukking(scope, _query(scope).selects[plaats].unalias(), "IDENTITY")

    def _uitdrukking(self, scope: Scope, node: exp.Expr, wijze: str) -> Iterator[Kant]:
        """The edges of an expression; `wijze` is how its value has been changed so far."""
        if isinstance(node, exp.Column):
            yield from self._verwijzing(scope, node, "DIRECT", wijze)
        elif isinstance(node, (exp.Subquery, exp.Exists, exp.Select)):
            yield from self._subquery(scope, node, wijze)
        elif isinstance(node, exp.Star):  # count(*): every row counts
            yield from (Kant(edge.van, "INDIRECT", "AGGREGATION") for edge in self._rijen(scope))
        else:
            values, choosing, how = _delen(_uitgeschreven(scope, node))
            deeper = "AGGREGATION" if _aggregates(node) else _kept(node, wijze)
            for part in values:
                yield from self._uitdrukking(scope, part, deeper)
            yield from self._indirect(scope, choosing, how)

    def _verwijzing(self, scope: Scope, column: exp.Column, soort: Soort, wijze: str) -> Iterator[Kant]:
        source = self._bron(scope, column)
        if isinstance(source, Scope):
            for edge in self._kolom(source, self._plaats(source, column.name)):
                yield joined(Kant(edge.van, soort, wijze), edge)
        elif source is not None:
            yield Kant(Kolom(source.name, column.name), soort, wijze)

    def _plaats(self, source: Scope, naam: str) -> int:
        names = _query(source).named_selects
        if names.count(naam) != 1:
            raise Onherleidbaar(f"{self.model}: kolom {naam} staat er {names.count(naam)} keer")
        return int(names.index(naam))

    def _bron(self, scope: Scope, column: exp.Column) -> Scope | exp.Table | None:
        """What a column is a column of: looked up in this select, and in those around it."""
        around: Scope | None = scope
        while around is not None:
            found = around.sources.get(column.table)
            if isinstance(found, (Scope, exp.Table)):
                return found
            around = around.parent
        raise Onherleidbaar(f"{self.model}: {column.sql(dialect=_DIALECT)}")

    def _subquery(self, scope: Scope, node: exp.Expr, wijze: str) -> Iterator[Kant]:
        """A subquery in an expression: its first column is the value, what it filters on chose it."""
        inner = _scope_of(scope, node)
        if not isinstance(node, exp.Exists):
            for edge in self._kolom(inner, 0):
                yield joined(Kant(edge.van, "DIRECT", _changed(wijze)), edge)
        for edge in self._rijen(inner):
            yield Kant(edge.van, "INDIRECT", edge.wijze)

    def _indirect(self, scope: Scope, nodes: Iterable[exp.Expr | None], wijze: str) -> Iterator[Kant]:
        for node in nodes:
            if node is not None:
                for edge in self._uitdrukking(scope, node, "IDENTITY"):
                    yield Kant(edge.van, "INDIRECT", wijze)

    def _rijen(self, scope: Scope) -> frozenset[Kant]:
        """What decides which rows a select has: its own conditions and those of what it selects from."""
        if id(scope) not in self._row_edges:
            self._row_edges[id(scope)] = frozenset()
            self._row_edges[id(scope)] = frozenset(self._conditions(scope))
        return self._row_edges[id(scope)]

    def _conditions(self, scope: Scope) -> Iterator[Kant]:
        for branch in scope.set_operation_scopes:
            yield from self._rijen(branch)
        tree = scope.expression
        if isinstance(tree, exp.Select):
            yield from self._indirect(scope, (tree.args.get("where"), tree.args.get("qualify")), "FILTER")
            yield from self._indirect(scope, (tree.args.get("having"),), "FILTER")
            yield from self._indirect(scope, (tree.args.get("group"),), "GROUP_BY")
            yield from self._indirect(scope, (join.args.get("on") for join in tree.args.get("joins") or ()), "JOIN")
        for source in scope.sources.values():
            if isinstance(source, Scope) and source is not scope.parent:
                yield from self._rijen(source)


def _query(scope: Scope) -> exp.Query:
    assert isinstance(scope.expression, exp.Query)
    return scope.expression


def _tables(scope: Scope) -> Iterator[exp.Table]:
    return (source for source in scope.sources.values() if isinstance(source, exp.Table))


def _scope_of(scope: Scope, node: exp.Expr) -> Scope:
    """The scope of a subquery that stands in an expression of `scope`."""
    inside = {id(item) for item in node.walk()}
    for inner in scope.subquery_scopes:
        if id(inner.expression) in inside:
            return inner
    raise Onherleidbaar("een subquery zonder eigen bereik")


def _uitgeschreven(scope: Scope, node: exp.Expr) -> exp.Expr:
    """A window that is only named (`over w`), with what its select says under that name."""
    if isinstance(node, exp.Window) and node.alias:
        for window in scope.expression.args.get("windows") or ():
            if window.name == node.alias:
                return exp.Window(
                    this=node.this, partition_by=window.args.get("partition_by"), order=window.args.get("order")
                )
    return node


def _aggregates(node: exp.Expr) -> bool:
    """Whether a function makes one value of many; one that takes the value of another row does not."""
    return isinstance(node, exp.AggFunc) and not isinstance(node, _OTHER_ROW)


def _delen(node: exp.Expr) -> tuple[list[exp.Expr], list[exp.Expr | None], str]:
    """The parts of an expression that make its value, those that only choose it, and how they choose."""
    arg = node.args.get
    match node:
        case exp.Window():
            return [node.this], [arg("order"), *(arg("partition_by") or ())], "WINDOW"
        case exp.If():
            return [part for part in (arg("true"), arg("false")) if part is not None], [node.this], "CONDITIONAL"
        case exp.Case():
            return (
                [part for part in (*node.args["ifs"], arg("default")) if part is not None],
                [node.this],
                "CONDITIONAL",
            )
        case exp.Filter():
            return [node.this], [node.expression], "FILTER"
        case exp.WithinGroup():
            return [node.this], [node.expression], "WINDOW"
    return list(node.iter_expressions()), [], ""


def _changed(wijze: str) -> str:
    return "TRANSFORMATION" if wijze == "IDENTITY" else wijze


def _kept(node: exp.Expr, wijze: str) -> str:
    """A cast or parentheses leave a value what it is; anything else changes it."""
    return wijze if isinstance(node, (exp.Cast, exp.Paren, exp.Alias)) else _changed(wijze)
