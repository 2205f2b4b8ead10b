"""Feeds (数据源): who publishes what, in which layout, under which words. All of it is data (`include/feeds.yaml`)."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from planwatch.model.base import Frozen
from planwatch.model.location import Location
from planwatch.model.period import parse_period
from planwatch.model.vocabulary import Frequency, Measure, Quality, Span


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


def _month(text: str) -> str:
    return str(parse_period(text))


Id = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Regex = Annotated[str, AfterValidator(_regex)]
Month = Annotated[str, AfterValidator(_month)]


class Layout(StrEnum):
    """How the bytes hold a table: a workbook (xlsx, xls, ods), HTML tables, CSV, long tab-separated text, JSON records, SDMX-CSV."""

    SHEET = "sheet"
    HTML = "html"
    CSV = "csv"
    TIDY = "tidy"
    JSON = "json"
    SDMX_CSV = "sdmx_csv"


class CellState(StrEnum):
    """What a cell turned out to hold.

    `number` a value; `missing` nothing where something belongs; `not_published` the source never publishes it (growth-only
    series); `not_applicable` it has no meaning there; `no_release` no release that month (……); `qualitative` words such as 正增长;
    `text` anything else that is not a number: an error; `other_caliber` a number on another basis (同口径 beside 同比);
    `not_followed` a number of a measure that the feed does not follow for this series.
    """

    NUMBER = "number"
    MISSING = "missing"
    NOT_PUBLISHED = "not_published"
    NOT_APPLICABLE = "not_applicable"
    NO_RELEASE = "no_release"
    QUALITATIVE = "qualitative"
    TEXT = "text"
    OTHER_CALIBER = "other_caliber"
    NOT_FOLLOWED = "not_followed"


class Role(StrEnum):
    """What a column that holds no values says about its row."""

    AREA = "area"
    UNIT = "unit"
    PERIOD = "period"
    WORD = "word"
    QUALITY = "quality"
    PUBLISHED = "published"
    NOTE = "note"


class Limits(Frozen):
    """How much a release may hold. Beyond it the file is refused before it can fill the memory."""

    max_bytes: int = Field(50_000_000, gt=0, description="Size of the file.")
    max_unzipped: int = Field(200_000_000, gt=0, description="Size of a workbook's parts once unzipped, together.")
    max_ratio: float = Field(
        200.0, gt=1, description="Unzipped size by zipped size, of a workbook's part over a megabyte."
    )
    max_parts: int = Field(2_000, gt=0, description="Parts in a workbook.")
    max_rows: int = Field(200_000, gt=0, description="Rows of one table.")
    max_columns: int = Field(500, gt=0, description="Columns of one table.")
    max_cells: int = Field(2_000_000, gt=0, description="Rows by columns, of one table.")
    max_text: int = Field(2_000, gt=0, description="Characters of a cell that are kept.")


class Words(Frozen):
    """How the tables of this country write things: marks, words and captions, shared by all feeds."""

    zero: tuple[str, ...] = Field(description="持平: no change, 0.")
    qualitative: tuple[str, ...] = Field(description="正增长: a direction without a number.")
    rise: tuple[str, ...] = Field(description="增长, before a number: positive.")
    fall: tuple[str, ...] = Field(description="下降, before a number: negative.")
    times: tuple[str, ...] = Field(description="倍, after a growth: times one hundred per cent.")
    percent: tuple[str, ...] = Field(description="%, 个百分点: after a number.")
    signs: dict[str, int] = Field(default_factory=dict, description="▼: a sign of its own, 1 or -1.")
    magnitudes: tuple[str, ...] = Field(
        (), description="万, 亿, after a level: 1.2万 under 人 is 1.2 万人. The longest first."
    )
    negative_parentheses: bool = Field(
        False, description="(3.2) is −3.2, as accountants write it; else it is no number."
    )
    footnote: Regex = Field(description="What may be glued to a number or a label and means a note below.")
    label_noise: Regex = Field(description="What stands before a label: 一、 (1) 1.")
    revised_marks: tuple[str, ...] = Field(description="r, after a number: revised.")
    part_marks: tuple[str, ...] = Field(description="#, 其中: before a label, a part of the row above.")
    split_row: Regex = Field(
        r"按(?P<split>.{1,12}?)(?:划?分组?|分类)[:：]?",
        description="A row without values that opens a split of the row above into parts: 按产业分, with the split's name.",
    )
    note_row: Regex = Field(description="How a row below the table begins that is a note: 注, 说明.")
    flags: dict[str, str] = Field(description="修订: revised. A word in label, header or note → the flag it sets.")
    quality: dict[str, Quality] = Field(description="预计: estimate. A word in label, header or note → the quality.")
    simulated: tuple[str, ...] = Field(description="Words by which a file says that its figures are simulated.")
    published: tuple[str, ...] = Field(description="发布日期: what stands before the date of publication.")
    unit_caption: tuple[str, ...] = Field(description="单位: what stands before the unit of a whole table.")
    index_units: tuple[str, ...] = Field(description="上年同期=100: the value is an index, growth is value − 100.")
    aside: Regex = Field(
        "",
        description="What parentheses behind a name may hold beside units, months and quality: 期末. The row keeps its series.",
    )
    continued: Regex = Field("续|第\\d+页", description="What stands over a header repeated on the next page: 续表.")
    not_a_unit: tuple[str, ...] = Field((), description="What a unit cell may hold that is none: -, 见备注.")
    markers: dict[str, CellState] = Field(
        description="What stands in a cell instead of a number, unless its column says otherwise."
    )


class CellRule(Frozen):
    """What a value under a column, or beside a word such as 期末 or `growth_yoy_real`, measures."""

    measure: Measure | None = Field(None, description="Left out, the series' own measure of its values.")
    span: Span | None = Field(None, description="Left out, the row's period or the series decide.")
    unit: str | None = Field(None, description="Unit of the values whatever the row says: % for growth.")
    quality: Quality | None = None
    flags: tuple[str, ...] = ()
    basis: str = Field("", description="Price or scope basis, such as real, nominal, comparable.")
    index: bool = Field(False, description="The value is an index with 上年同期=100.")
    keep: bool = Field(True, description="False: read, counted, but never an observation (同口径 beside 同比).")


class ColumnRule(CellRule):
    """How a value column is recognised, and what its values measure."""

    name: str
    header: tuple[Regex, ...] = Field(
        min_length=1, description="All of them occur in the column's header, rows joined."
    )
    unless: tuple[Regex, ...] = Field((), description="None of them does.")
    markers: dict[str, CellState] = Field(default_factory=dict, description="This column's own; `''` is an empty cell.")
    required: bool = Field(True, description="The release cannot be read without it.")
    absent_months: tuple[int, ...] = Field((), description="Months whose release may lack it (2: January–February).")
    values: dict[str, float] = Field(default_factory=dict, description="Words that stand for numbers: 已完成: 1.")
    own_period: bool = Field(False, description="The header's month may differ from the release's.")


class TableRule(Frozen):
    """How one table of a release is found and read."""

    name: str
    sheet: Regex | None = Field(None, description="Sheet name; left out, any sheet with the header.")
    label: tuple[Regex, ...] = Field(description="Header of the column that names the row.")
    areas_in_rows: bool = Field(False, description="Rows are areas, and the indicator stands in the column's header.")
    roles: dict[Role, tuple[Regex, ...]] = Field(default_factory=dict, description="Headers of the other columns.")
    needs: tuple[Role, ...] = Field((), description="Roles without which the table cannot be read.")
    columns: tuple[ColumnRule, ...] = Field(min_length=1)
    words: dict[str, CellRule] = Field(
        default_factory=dict, description="Words of the `word` column → what they measure."
    )
    qualities: dict[str, Quality] = Field(default_factory=dict, description="Words of the `quality` column.")
    ignore_rows: tuple[Regex, ...] = Field((), description="Rows that are known and not followed, and sub-headings.")
    ignore_columns: tuple[Regex, ...] = Field((), description="Headers that are known and say nothing that is kept.")
    combined_january: bool = Field(False, description="February's month-span values hold January too.")
    optional: bool = Field(False, description="The release may come without this table.")


_RECORDS = r"^[^.\[\]\s]+(\[\])?(\.[^.\[\]\s]+(\[\])?)*$"


class RecordsRule(Frozen):
    """Where a JSON reply holds its values, and under which keys. Each record becomes a row, each field a column of that name."""

    path: Annotated[str, Field(pattern=_RECORDS, examples=["data[].values[]"])] = Field(
        description="Where the records stand: keys joined by points, `[]` behind each list that is gone through."
    )
    fields: dict[str, Annotated[str, Field(pattern=r"^\^*[^\^\s]+$")]] = Field(
        min_length=1,
        description="Column name → the record's key, with a ^ for every list that the key stands outside of: ^code is the key "
        "`code` of what holds the list `values[]`. Keys of keys are joined by points.",
    )
    success: dict[str, bool | int | str] = Field(
        default_factory=dict,
        description="Keys of the reply and what they say when it is one; anything else is an error reply.",
    )
    message: str = Field("", description="Key of the reply that says why it is an error.")


class SdmxRule(Frozen):
    """What the codes of an SDMX-CSV file mean here."""

    series: tuple[str, ...] = Field(
        (),
        description="Dimensions that name the series together: their codes joined by a point stand in a column SERIES.",
    )
    units: dict[str, str] = Field(
        default_factory=dict,
        description="Codes of UNIT_MEASURE → units: CNY: 元. UNIT_MULT comes before it: 8 is 亿元.",
    )


class Label(Frozen):
    """A name as printed, and the months of the releases in which it is this series: both ends belong to it, None is open."""

    text: str
    valid_from: Month | None = Field(None, description="First month (YYYY-MM) whose release uses the name.")
    valid_until: Month | None = Field(None, description="Last month (YYYY-MM) whose release does.")

    def holds(self, period: str) -> bool:
        """Return whether the name is in force in the release of a month."""
        return (self.valid_from or period) <= period <= (self.valid_until or period)

    @property
    def dates(self) -> str:
        """Return when it is in force, in words; empty where it always is."""
        ends = (("from", self.valid_from), ("until", self.valid_until))
        return " ".join(f"{word} {month}" for word, month in ends if month)


def _as_label(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class Series(Frozen):
    """One series a feed carries: its printed names and what it is."""

    indicator: Id
    labels: tuple[Annotated[Label, BeforeValidator(_as_label, json_schema_input_type=str | Label)], ...] = Field(
        min_length=1
    )
    area: Id | None = Field(None, description="Left out, the feed's area, unless the row names one.")
    table: str | None = Field(None, description="Only in the table of this name.")
    units: tuple[str, ...] = Field(
        (),
        description="Units its levels may be printed in, the first where the file says none; another one is an error.",
    )
    measures: tuple[Measure, ...] = Field(
        (Measure.LEVEL, Measure.GROWTH_YOY), description="What is followed; the rest is counted."
    )
    value_is: Measure = Field(
        Measure.LEVEL, description="What a plain value of the series measures: level, ratio, done, …"
    )
    span: Span | None = Field(None, description="Span of its values whatever the column or period says.")
    index: bool = Field(False, description="Its plain values are an index with 上年同期=100, whatever unit is printed.")
    basis: tuple[str, ...] = Field(
        (), description="Bases that are this series; values on another are of other caliber."
    )
    part_of: Id | None = Field(None, description="Indicator of the row above it is a part of.")
    split: str = Field(
        "",
        description="Which split of its whole the part belongs to (产业, 所有制): parts of different splits never add up.",
    )
    frequency: Frequency | None = Field(None, description="Left out, the feed's.")
    expected: bool = Field(True, description="Its absence from a release of its frequency is reported.")

    def name_in(self, period: str) -> str | None:
        """Return the first name that is in force in a month, None where the series is not (or no longer) published then."""
        return next((label.text for label in self.labels if label.holds(period)), None)


class Source(Frozen):
    """Where the files come from, and under what terms."""

    producer: str
    licence: str
    text: str = ""


def _as_location(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class Feed(Frozen):
    """A source of releases: its layout, its words and the series it carries."""

    id: Id
    name_zh: str
    name_en: str
    owner: Id = Field(description="Department id.")
    contact: str = ""
    layout: Layout
    frequency: Frequency = Frequency.MONTHLY
    filename: Annotated[str, Field(examples=["stats_bureau_{period}*.xlsx"])] = Field(
        description="Name of its files: `*` anything, `?` one character, {period} the month as 2026-03 or 202603."
    )
    suite: str = Field(description="Expectation suite of gate 1.")
    source: Source
    location: Annotated[
        Location | None, BeforeValidator(_as_location, json_schema_input_type=str | Location | None)
    ] = Field(None, description="Where its releases are fetched from; left out, they come to the drop folder alone.")
    precedence: int = Field(0, description="Of two feeds with the same value in the same period the higher one counts.")
    area: Id
    many_periods: bool = Field(False, description="One file holds figures of many months, each row its own.")
    records: RecordsRule | None = Field(None, description="Layout json: where the values stand.")
    sdmx: SdmxRule = Field(SdmxRule(), description="Layout sdmx_csv: what the codes mean.")
    tables: tuple[TableRule, ...] = Field(min_length=1)
    series: tuple[Series, ...] = Field(min_length=1)
    words: Words
    limits: Limits = Limits()
    valid_from: date | None = None

    def indicators(self, area: str = "") -> frozenset[str]:
        """Return the ids of the indicators it carries, of one area where that is given.

        A table whose rows name their areas may hold any area.
        """
        named = any(table.areas_in_rows or Role.AREA in table.roles for table in self.tables)
        return frozenset(s.indicator for s in self.series if not area or named or (s.area or self.area) == area)

    def frequencies(self) -> list[Frequency]:
        """Return how often its series are published, its own frequency first."""
        return list(dict.fromkeys([self.frequency, *map(self.frequency_of, self.series)]))

    def frequency_of(self, series: Series) -> Frequency:
        """Return how often a series is published."""
        return series.frequency or self.frequency
