"""From cells to bytes: a workbook, a page, a text file, an interface's reply. The same cells always give the same bytes."""

from __future__ import annotations

import csv
import io
import json
from html import escape
from typing import Any

from planwatch.sample.book import workbook
from planwatch.sample.grid import MARK, Cell, Draft, Sheet
from planwatch.sample.oldbook import old_workbook
from planwatch.sample.opensheet import open_sheet

__all__ = ["MARK", "render"]


def render(draft: Draft, suffix: str) -> bytes:
    """Return the release as the bytes of an `xlsx`, `xls`, `ods`, `html`, `csv` or `json` file."""
    return {"xlsx": workbook, "xls": old_workbook, "ods": open_sheet, "html": _page, "csv": _csv, "json": _reply}[
        suffix
    ](draft)


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _csv(draft: Draft) -> bytes:
    sheet = draft.sheets[0]
    header: list[list[Cell]] = [list(row) for row in sheet.header]
    rows = [*header, *sheet.body] if draft.table_only else sheet.rows
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_text(cell) for cell in row] for row in rows)
    return text.getvalue().encode(draft.encoding)


def _reply(draft: Draft) -> bytes:
    """Return a data interface's reply: records grouped by what the columns headed ^… hold, values as strings, "" for none."""
    [sheet] = draft.sheets
    keys = sheet.header[0]
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in sheet.body:
        outer = {k[1:]: _text(c) for k, c in zip(keys, row, strict=True) if k.startswith("^")}
        group = groups.setdefault(tuple(outer.values()), {**outer, "values": []})
        group["values"].append({k: _text(c) for k, c in zip(keys, row, strict=True) if not k.startswith("^")})
    reply = {
        "success": True,
        "code": 200,
        "message": f"{MARK} 发布日期：{draft.published}",
        "publishTime": draft.published.isoformat(),
    }
    return (json.dumps(reply | {"data": list(groups.values())}, ensure_ascii=False, indent=1) + "\n").encode()


def _page(draft: Draft) -> bytes:
    first = draft.sheets[0]
    title, *lines = first.titles
    tables = [line for sheet in draft.sheets for line in _table(sheet)]
    if draft.nested:
        side = "<td><ul><li>首页</li><li>统计数据</li></ul></td>"
        tables = ['<table class="frame"><tr>', side, "<td>", *tables, "</td></tr></table>"]
    parts = [
        "<!DOCTYPE html>",
        '<html lang="zh-CN"><head><meta charset="utf-8">',
        f"<title>{escape(title)}</title></head><body>",
        '<div class="nav"><a href="#">首页</a> &gt; <a href="#">政务公开</a> &gt; <a href="#">统计数据</a></div>',
        f"<h1>{escape(title)}</h1>",
        *(f'<p class="info">{escape(line)}</p>' for line in lines),
        *(f"<p>{escape(line)}</p>" for line in draft.prose),
        *tables,
        *(f"<p>{escape(line)}</p>" for line in first.footer),
        "</body></html>",
        "",
    ]
    return "\n".join(parts).encode()


def _table(sheet: Sheet) -> list[str]:
    caption = [f"<caption>{escape(sheet.caption)}</caption>"] if sheet.caption else []
    body = ("<tr>" + "".join(f"<td>{escape(_text(c))}</td>" for c in row) + "</tr>" for row in sheet.body)
    return ['<table border="1">', *caption, *_head(sheet), "<tbody>", *body, "</tbody></table>"]


def _head(sheet: Sheet) -> list[str]:
    """Return the header rows; merged cells become rowspan and colspan, and what they cover is left out."""
    covered = {
        (r, c): (r == r1 and c == c1, r2 - r1 + 1, c2 - c1 + 1)
        for r1, c1, r2, c2 in sheet.merges
        for r in range(r1, r2 + 1)
        for c in range(c1, c2 + 1)
    }
    rows = []
    for r, row in enumerate(sheet.header):
        cells = []
        for c, text in enumerate(row):
            first, down, across = covered.get((r, c), (True, 1, 1))
            spans = (f' rowspan="{down}"' if down > 1 else "") + (f' colspan="{across}"' if across > 1 else "")
            cells += [f"<th{spans}>{escape(text)}</th>"] if first else []
        rows.append("<tr>" + "".join(cells) + "</tr>")
    return ["<thead>", *rows, "</thead>"]
