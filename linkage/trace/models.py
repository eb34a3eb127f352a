"""A model as a value: its hash, the weight of every level, two models side by side, as a table and drawn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.report.document import Chart, Report, Section, Table
from linkage.report.html import write_html
from linkage.runs import Manifest, file_record, staged_outputs
from linkage.trace.comparisons import COMPARISONS
from linkage.trace.register import open_register
from linkage.trace.settings import TraceModel, load_model, load_register_settings, model_identity, model_sha256

PAGE = "model.html"
Probabilities = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class LevelWeight:
    """One level of a comparison: m, u and what it weighs in bits, before the rarity of a value is known."""

    field: str
    level: str
    m: float
    u: float

    @property
    def bits(self) -> float:
        """log2(m / u), to two decimals."""
        return round(math.log2(self.m / self.u), 2)


def level_weights(model: TraceModel, u: Probabilities) -> list[LevelWeight]:
    """The weight of every level of every comparison, best first."""
    return [
        LevelWeight(c.field, level, model.m[c.field][level], u[c.field][level])
        for c in COMPARISONS
        for level in c.level_names
    ]


def u_probabilities(register: Path | None) -> Probabilities:
    """u as the register counted it, or the packaged baseline without a register."""
    if register:
        return open_register(register).u
    settings = load_register_settings()
    return {
        field: {level: settings.fixed_u.get(field, {}).get(level, value) for level, value in levels.items()}
        for field, levels in settings.baseline_u.items()
    }


def write_models(names: Sequence[str], out: Path, register: Path | None = None) -> None:
    """Write ``model.html``, the page of one model or of two side by side, to a folder of their own."""
    models = [load_model(name) for name in names]
    inputs = [file_record(register / "register.json")] if register else []
    with staged_outputs(out) as staging:
        write_html(model_report(models, u_probabilities(register), of_register=register is not None), staging / PAGE)
        Manifest("trace model", inputs, {}, {"models": [model_identity(model) for model in models]}).write(staging)


def model_report(models: Sequence[TraceModel], u: Probabilities, *, of_register: bool) -> Report:
    """The page: what the models are, and for each field a table of m, u and weights, and the weights drawn."""
    of_each = [level_weights(model, u) for model in models]
    titles = _titles(models)
    sections = [Section("What they are", [_about(models, titles), _caps(models, titles)])]
    for comparison in COMPARISONS:
        rows = [[w for w in weights if w.field == comparison.field] for weights in of_each]
        name = comparison.field.replace("_", " ").replace("nhs", "NHS").capitalize().replace("Nhs", "NHS")
        sections.append(Section(name, [_weight_chart(name, titles, rows), _weight_table(name, titles, rows)]))
    counted = (
        "counted in the register" if of_register else "of the packaged baseline; a register of your own has its own"
    )
    return Report("Match weights", sections, ", ".join(titles), f"u is {counted}. Weights are log2(m / u), in bits.")


def weight_lines(models: Sequence[TraceModel], u: Probabilities) -> list[str]:
    """For reading in a terminal: hash of each model, then one line a level with m, u and bits of each."""
    lines = [f"{model.name} {model.version}  sha256 {model_sha256(model)}" for model in models]
    for of_level in zip(*(level_weights(model, u) for model in models), strict=True):
        told = "".join(f"  m {w.m:<8g} {w.bits:+7.2f} bits" for w in of_level)
        lines.append(f"{of_level[0].field:<14} {of_level[0].level:<13} u {of_level[0].u:<12.4g}{told}")
    return lines


def models_as_dict(models: Sequence[TraceModel], u: Probabilities) -> dict[str, object]:
    """The same as plain values."""
    return {
        "models": [
            model_identity(model)
            | {"caps": model.caps.model_dump(), "share_in_register": model.share_in_register}
            | {"weights": [{**vars(weight), "bits": weight.bits} for weight in level_weights(model, u)]}
            for model in models
        ]
    }


def _titles(models: Sequence[TraceModel]) -> list[str]:
    """A name for each model; two of the same name and version are told apart by number."""
    titles = [f"{model.name} {model.version}" for model in models]
    alike = len(set(titles)) < len(titles)
    return [f"{title} ({number})" if alike else title for number, title in enumerate(titles, 1)]


def _about(models: Sequence[TraceModel], titles: Sequence[str]) -> Table:
    rows = [
        (title, model.trained_on, model.share_in_register, model_sha256(model))
        for title, model in zip(titles, models, strict=True)
    ]
    return Table("Models", ("Model", "Trained on", "Share expected in the register", "SHA-256"), rows)


def _caps(models: Sequence[TraceModel], titles: Sequence[str]) -> Table:
    caps = [model.caps.model_dump() for model in models]
    return Table("Caps (bits)", ("Cap", *titles), [(name, *(of[name] for of in caps)) for name in caps[0]])


def _weight_chart(name: str, titles: Sequence[str], rows: Sequence[Sequence[LevelWeight]]) -> Chart:
    several = len(rows) > 1
    bars = [
        (f"{weight.level} · {title}" if several else weight.level, weight.bits)
        for of_level in zip(*rows, strict=True)
        for title, weight in zip(titles, of_level, strict=True)
    ]
    said = f"Match weights of {name}, from {' to '.join(f'{label} {bits:+g}' for label, bits in _ends(bars))}."
    return Chart(f"{name}: match weights", "bar", ("Level", "Bits"), bars, said)


def _ends(bars: Sequence[tuple[str, float]]) -> Sequence[tuple[str, float]]:
    """The strongest and the weakest bar."""
    return [max(bars, key=lambda bar: bar[1]), min(bars, key=lambda bar: bar[1])]


def _weight_table(name: str, titles: Sequence[str], rows: Sequence[Sequence[LevelWeight]]) -> Table:
    headings = [heading for title in titles for heading in (f"m, {title}", f"Bits, {title}")]
    cells = [
        (of_level[0].level, f"{of_level[0].u:.3g}", *(v for w in of_level for v in (f"{w.m:g}", f"{w.bits:+.2f}")))
        for of_level in zip(*rows, strict=True)
    ]
    return Table(f"{name}: m, u and weights", ("Level", "u", *headings), cells)
