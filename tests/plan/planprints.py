"""A small plan of a county nobody knows, and the ways it is printed: hard line breaks, pages, columns, Word, PDF."""

from __future__ import annotations

import io
import unicodedata

Body = tuple[str, ...]
TITLE = "2026年青石县国民经济和社会发展计划"
BODY = (
    "2026年，全县经济社会发展主要预期目标是：地区生产总值增长6%左右；新增城镇就业3.6万人以上；居民收入增长与经济增长同步。",
    "一、扩大有效投资，增强发展后劲",
    "一是抓好项目建设。加快120个重大项目建设，力保全年竣工60个以上，完成固定资产投资160亿元以上，实施精准平移2—3项核心技术，"
    "确保实际利用外资总量保持全市前三。",
    "二是提升消费能级。引进首发首店25家以上，改造特色街区2个、专业化市场4个，肉、蛋产量分别增长6%、7%，"
    "单位地区生产总值能耗降低1.6%左右。",
    "二、守牢安全底线，办好民生实事",
    "（一）织密民生保障网",
    "新增养老床位500张，建成十五个养老服务中心，确保零就业家庭动态清零。",
    "（二）防范化解风险",
    "清洁能源方面。新增新能源并网200万千瓦，绿电占比达到四成以上。",
)
SECTIONS = ["0", "1", "1.1", "1.2", "2", "2.1", "2.2", "2.2[清洁能源]"]
HEADER = "青石县人民政府公报　2026年第2期"


def plain(title: str = TITLE, body: Body = BODY) -> str:
    """Return the plan with one line a paragraph."""
    return "\n".join([title, *body]) + "\n"


def wrapped(
    width: int, rows: int = 9, *, form_feed: bool = False, title: str = TITLE, body: Body = BODY, header: str = HEADER
) -> str:
    """Return the plan as printed: lines of `width` signs, pages of `rows` lines with a number below and a header above."""
    lines = [title]
    for paragraph in body:
        text = "　　" + paragraph
        lines += [text[n : n + width] for n in range(0, len(text), width)]
    pages = [lines[n : n + rows] for n in range(0, len(lines), rows)]
    printed = []
    for n, page in enumerate(pages, 1):
        printed.append("\n".join([*(["", header, ""] if n > 1 else []), *page, "", f"— {n} —"]))
    return ("\f" if form_feed else "\n").join(printed) + "\n"


def columns(width: int = 20, title: str = TITLE, body: Body = BODY) -> str:
    """Return the plan in two columns, as a text extraction with layout prints them."""
    lines: list[str] = []
    for paragraph in body:
        text = "　　" + paragraph
        lines += [text[n : n + width] for n in range(0, len(text), width)]
    half = (len(lines) + 1) // 2
    left, right = lines[:half], lines[half:]
    rows = [
        f"{a}{' ' * (2 * width - shown_width(a))}    {b}"
        for a, b in zip(left, [*right, *[""] * (half - len(right))], strict=True)
    ]
    return "\n".join([f"{'　' * 10}{title}", "", *rows]) + "\n"


def shown_width(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a Chinese sign, one for a digit."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def word(title: str = TITLE, body: Body = BODY) -> bytes:
    """Return the plan as a Word document, with a heading style, a break in mid-sentence and a deleted word under review."""
    from docx import Document
    from docx.oxml import parse_xml

    document = Document()
    document.add_paragraph(title, style="Title")
    for paragraph in body:
        if paragraph.startswith(("一、", "二、", "三、")):
            document.add_heading(paragraph, level=1)
        else:
            middle = len(paragraph) // 2
            added = document.add_paragraph(paragraph[:middle])
            added.add_run().add_break()
            added.add_run(paragraph[middle:])
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    deleted = f'<w:del xmlns:w="{space}" w:id="1" w:author="a"><w:r><w:delText>建成99座桥。</w:delText></w:r></w:del>'
    document.paragraphs[-1]._p.append(parse_xml(deleted))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pdf(
    width: int = 26,
    rows: int = 7,
    *,
    two_columns: bool = False,
    title: str = TITLE,
    body: Body = BODY,
    header: str = HEADER,
) -> bytes:
    """Return the plan as a PDF with a font that is named, not embedded, with headers and page numbers, in one column or two."""
    lines: list[str] = []
    for paragraph in body:
        text = "　　" + paragraph
        lines += [text[n : n + width] for n in range(0, len(text), width)]
    per_page = rows * (2 if two_columns else 1)
    pages = [lines[n : n + per_page] for n in range(0, len(lines), per_page)]
    streams = []
    for number, page in enumerate(pages, 1):
        placed = [(60.0, 800.0, header), (280.0, 40.0, f"— {number} —")]
        placed += [(150.0, 780.0, title)] if number == 1 else []
        for n, line in enumerate(page):
            indent = len(line) - len(line.lstrip("　"))
            x = 60.0 + (n // rows) * (width * 9.0 + 20)
            placed.append((x + 9.0 * indent, 760.0 - 16 * (n % rows), line.lstrip("　")))
        streams.append(_stream(placed))
    return _file(streams)


def _stream(placed: list[tuple[float, float, str]]) -> bytes:
    shown = [
        f"BT /F1 9 Tf 1 0 0 1 {x:.1f} {y:.1f} Tm <{text.encode('utf-16-be').hex()}> Tj ET" for x, y, text in placed
    ]
    return "\n".join(shown).encode()


def _file(streams: list[bytes]) -> bytes:
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
    ]
    for n, stream in enumerate(streams):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + 2 * n} 0 R "
        objects.append((page + "/Resources << /Font << /F1 3 0 R >> >> >>").encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.4\n")
    places = []
    for n, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (n, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()
