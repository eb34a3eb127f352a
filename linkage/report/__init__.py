"""Reports: a title and sections of text, figures, tables and charts, written as one self-contained HTML file.

Everything given is shown as text: nothing in it is read as markup. A report draws what it is handed and no more; figures
about people pass the disclosure gate before they get here.
"""

from linkage.report.document import Cell, Chart, Figure, Figures, Part, Report, Section, Table, Text
from linkage.report.html import render_html, write_html

__all__ = [
    "Cell",
    "Chart",
    "Figure",
    "Figures",
    "Part",
    "Report",
    "Section",
    "Table",
    "Text",
    "render_html",
    "write_html",
]
