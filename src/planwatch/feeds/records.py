"""JSON replies of statistical interfaces: records found by a path become rows, and the keys that the feed names their columns.

The National Bureau's interface of 2026 is one of them: `data[].values[]`, UUIDs for names, numbers as strings, "" for none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from planwatch.errors import Fault, ReleaseError
from planwatch.feeds.cell import EMPTY, Cell, cleaned
from planwatch.feeds.grid import Grid, check_extent
from planwatch.feeds.plaintext import decode
from planwatch.model.feed import Limits, RecordsRule
from planwatch.reconcile.text import tidy
from planwatch.textfile import parsed_json

Place = tuple[tuple[str, Any], ...]
"""A record and what it stands in, outermost first: each with its path."""


def read_records(data: bytes, filename: str, limits: Limits, rule: RecordsRule) -> list[Grid]:
    """Return the records of a JSON reply as one grid, the feed's column names in its first row.

    Raises:
        ReleaseError: not JSON (a block page, a torn body), an error reply, no such list of records, or too many of them.
    """
    text = decode(data, filename)
    _check_size(text, filename, limits)
    reply = _parsed(text, filename)
    _check_success(reply, filename, rule)
    places = list(_records(reply, rule.path, filename))
    check_extent(len(places), len(rule.fields), limits, file=filename, sheet="")
    keys = tuple(_key(given, rule.path.count("[]")) for given in rule.fields.values())
    head = [Cell(name) for name in rule.fields]
    rows = [[_cell(place[depth][1], key, limits) for depth, key in keys] for place in places]
    paths = [tuple(path for path, _record in place) for place in places]
    return [Grid("", [head, *rows], list(range(len(rows) + 1)), "path", paths=paths, keys=keys)]


def _check_size(text: str, filename: str, limits: Limits) -> None:
    """Refuse what would become more values than a table may have cells, before it fills the memory."""
    values = text.count(",") + text.count("[") + text.count("{")
    if values > limits.max_cells:
        raise _refusal(
            "too_many_cells", "the reply is larger than a release may be", filename, "ask for fewer months or series, or raise the feed's limits",
            value=f"{values} values", expected=f"at most {limits.max_cells}",
        )  # fmt: skip


def _parsed(text: str, filename: str) -> Any:
    if text.lstrip().startswith("<"):
        raise _refusal(
            "not_json", "the reply is a page, not data: the source refuses the request, or has moved", filename,
            "look at the page in a browser; ask the source whether its interface has changed",
            value=tidy(text)[:80], expected="JSON",
        )  # fmt: skip
    try:
        return parsed_json(text, numbers_as_printed=True)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise _refusal(
            "not_json", f"the reply is no JSON, or was cut off: {str(error)[:160]}", filename, "fetch it again",
            value=tidy(text[-60:]), expected="JSON", line=line,
        ) from error  # fmt: skip


def _check_success(reply: Any, filename: str, rule: RecordsRule) -> None:
    """Refuse a reply that says of itself that it is an error."""
    for key, wanted in rule.success.items():
        found = _value(reply, key)
        if str(found).lower() != str(wanted).lower():
            said = _value(reply, rule.message) if rule.message else None
            raise _refusal(
                "error_reply", "the reply says that it is an error" + (f": {tidy(str(said))[:120]}" if said else ""),
                filename, "look at what was asked for (`request` in feeds.yaml), and ask again",
                key=key, value=str(found)[:80], expected=str(wanted).lower(),
            )  # fmt: skip


def _records(reply: Any, path: str, filename: str) -> Iterator[Place]:
    """Yield every record with what it stands in. A list that is null or missing in a record counts as empty; what is no list is an error."""
    lists = path.split("[]")
    heads = [part.strip(".") for part in (lists[:-1] if lists[-1] == "" else lists)]
    yield from _within((("", reply),), heads, filename)


def _within(place: Place, heads: list[str], filename: str) -> Iterator[Place]:
    if not heads:
        yield place
        return
    at, holder = place[-1]
    here = f"{at}.{heads[0]}".lstrip(".")
    found = _value(holder, heads[0])
    if found is None and at:
        return
    if not isinstance(found, list):
        raise _no_list(filename, here, holder)
    for n, record in enumerate(found):
        if not isinstance(record, dict):
            raise _no_list(filename, f"{here}[{n}]", record)
        yield from _within((*place, (f"{here}[{n}]", record)), heads[1:], filename)


def _no_list(filename: str, where: str, found: Any) -> ReleaseError:
    keys = "; ".join(map(str, found)) if isinstance(found, dict) else str(found)
    return _refusal(
        "no_records", "the reply does not hold its values where the feed says", filename,
        "ask for the reply's new shape, and describe it in feeds.yaml (`records`)",
        key=where, value=keys[:120], expected=f"a list of records at {where}",
    )  # fmt: skip


def _key(given: str, lists: int) -> tuple[int, str]:
    """Return how deep a key stands (0 is the reply itself) and the key."""
    up = len(given) - len(given.lstrip("^"))
    return max(lists - up, 0), given.lstrip("^")


def _value(holder: Any, key: str) -> Any:
    for name in key.split("."):
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder


def _cell(record: Any, key: str, limits: Limits) -> Cell:
    found = _value(record, key)
    if found is None or found == "":
        return EMPTY
    if isinstance(found, bool):
        return Cell("TRUE" if found else "FALSE")
    return Cell(cleaned(found if isinstance(found, str) else str(found)[: limits.max_text], limits))


def _refusal(code: str, message: str, filename: str, mend: str, **places: Any) -> ReleaseError:
    fault = Fault(code=code, message=message, file=filename, mend=mend, **places)
    return ReleaseError(str(fault), (fault,))
