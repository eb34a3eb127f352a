"""Charts as SVG text, drawn by Vega-Lite through vl-convert, which is imported only when a chart is drawn.

The size of a chart does not depend on the screen, and its bytes not on what was drawn before.
"""

import re
from importlib.util import find_spec

from linkage.errors import InternalError
from linkage.report.document import Chart
from linkage.report.specification import Specification, config, drawable_rows, specification


def can_draw() -> bool:
    """Whether the library that draws is installed (the extra ``charts``)."""
    return find_spec("vl_convert") is not None


def draw_svg(chart: Chart) -> str:
    """The chart as one ``<svg>`` element without scripts, links or outside references.

    Raises InternalError when the chart cannot be drawn; ask ``can_draw`` before.
    """
    try:
        return drawn(specification(chart, drawable_rows(chart)))
    except ValueError:
        raise InternalError(f"The chart '{chart.title}' cannot be drawn.") from None


def drawn(asked: Specification) -> str:
    """A chart as ``draw_svg`` gives it. Raises ValueError when Vega-Lite does not take the specification."""
    import vl_convert

    return _stand_alone(vl_convert.vegalite_to_svg(asked, config=config(), allowed_base_urls=[]))


def _stand_alone(svg: str) -> str:
    """The drawing without names of outside schemas and with its inner names numbered from one."""
    svg = re.sub(r' xmlns(?::xlink)?="[^"]*"', "", svg)
    inner = dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg))
    for position, name in enumerate(inner, start=1):
        svg = re.sub(rf'(\bid="|url\(#|href="#){re.escape(name)}(?=["\)])', rf"\g<1>part{position}", svg)
    return svg
