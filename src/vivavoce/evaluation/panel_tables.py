"""The report of a panel as tables: one CSV of the scores, and a workbook with everything. Pure but for memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from vivavoce.evaluation.panel_report import PanelReport, ReportCandidate
from vivavoce.locales import catalogue

Cell = str | float | int | None
Table = tuple[str, Sequence[str], list[list[Cell]]]
#: A cell beginning with one of these is a formula to spreadsheets: somebody's words must not become one.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_WIDEST: Final = 80
_CELL_LIMIT: Final = 32_000


def tables(report: PanelReport) -> list[Table]:
    """(name, headings, rows) of each table, in the report's language."""
    texts = catalogue("report", report.language)

    def heads(*names: str) -> list[str]:
        return [texts[f"column.{name}"] for name in names]

    criteria = [criterion.criterion_id for criterion in report.rubric.criteria]
    names = {criterion.criterion_id: criterion.name for criterion in report.rubric.criteria}
    return [
        (
            texts["sheet.scores"],
            heads(
                *("candidate", "criterion", "score", "level", "confidence", "people", "agreed"),
                *("rationale", "feedback", "keywords", "quotations"),
            ),
            [row for candidate in report.candidates for row in _scores(candidate)],
        ),
        (
            texts["sheet.history"],
            [*heads("candidate", "at", "overall"), *(names[one] for one in criteria)],
            [
                [candidate.speaker, moment.at_s, moment.overall, *(moment.scores.get(one) for one in criteria)]
                for candidate in report.candidates
                for moment in candidate.history
            ],
        ),
        (
            texts["sheet.transcript"],
            heads("at", "until", "speaker", "role", "text", "uncertain"),
            [
                [line.start, line.end, line.speaker, texts[f"role.{line.role}"], line.text, int(line.uncertain)]
                for line in report.transcript
            ],
        ),
        (
            texts["sheet.notes"],
            heads("at", "speaker", "note", "author"),
            [[note.at_s, note.speaker, note.note, note.author] for note in report.notes],
        ),
        (
            texts["sheet.speakers"],
            heads("speaker", "role", "talk_time", "share", "words", "questions", "interruptions", "interrupted"),
            [
                [
                    *(one.speaker, texts[f"role.{one.role}"], one.stats.talk_time, one.stats.share, one.stats.words),
                    *(one.stats.questions, one.stats.interruptions, one.stats.interrupted),
                ]
                for one in report.speakers
            ],
        ),
        (
            texts["sheet.questions"],
            heads("at", "asked_by", "text", "answered_by"),
            [
                [question.at_s, question.asked_by, question.text, ", ".join(question.answered_by)]
                for question in report.questions
            ],
        ),
    ]


def as_csv(report: PanelReport) -> bytes:
    """The scores, a row a candidate and criterion; UTF-8 with a mark, so that spreadsheets read it as such."""
    _, heads, rows = tables(report)[0]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_workbook(report: PanelReport) -> bytes:
    """All tables as sheets of an XLSX file. Takes some milliseconds a thousand rows: call it in a thread."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(buffer, options)
    try:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        for name, heads, rows in tables(report):
            sheet = workbook.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, heads, bold)
            for place, row in enumerate(rows, 1):
                sheet.write_row(place, 0, [_cell(cell) for cell in row], wrapped)
            for column, head in enumerate(heads):
                longest = max([len(head), *(len(str(row[column] or "")) for row in rows)])
                sheet.set_column(column, column, min(_WIDEST, longest + 2))
    finally:
        workbook.close()
    return buffer.getvalue()


def _scores(candidate: ReportCandidate) -> list[list[Cell]]:
    people = {one.criterion_id: one.human for one in candidate.differences}
    agreed = (
        {mark.criterion_id: mark.score for mark in candidate.adjudication.criteria} if candidate.adjudication else {}
    )
    criteria = candidate.scorecard.criteria if candidate.scorecard is not None else ()
    return [
        [
            *(candidate.speaker, one.name, one.score, one.level, one.confidence),
            *(people.get(one.criterion_id), agreed.get(one.criterion_id), one.rationale, one.feedback),
            *(", ".join(one.keywords), "\n".join(f"“{each.quote}”" for each in one.evidence)),
        ]
        for one in criteria
    ]


def _cell(cell: Cell) -> Cell:
    return cell[:_CELL_LIMIT] if isinstance(cell, str) else cell


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
