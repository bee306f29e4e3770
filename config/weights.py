"""The weights of detection, and how well it does with them, as `training/fit.py` writes both: checked when read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.yamlfile import content_of, read_yaml
from tracker.detect.weigh import Scorecard, Weights
from tracker.model import Signal

SHIPPED = Path(__file__).parent / "detection"

AnyModel = TypeVar("AnyModel", bound=BaseModel)
Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Card(_Part):
    base: float
    weights: dict[str, float]


class _WeightsFile(_Part):
    cases: int
    flag: Share
    beside: Share
    scores: list[float] = Field(min_length=2)
    shares: list[Share] = Field(min_length=2)
    news: _Card
    signals: dict[Signal, _Card] = Field(min_length=1)
    dates: _Card

    @model_validator(mode="after")
    def _rising(self) -> _WeightsFile:
        if len(self.scores) != len(self.shares):
            raise ValueError("scores and shares differ in number; fit the weights anew")
        if sorted(set(self.scores)) != self.scores or sorted(self.shares) != self.shares:
            raise ValueError("the reliability curve does not rise; fit the weights anew")
        return self


class Figures(_Part):
    """Shares over one set of labelled cases; None where nothing was counted.

    What each means stands in tracker/measuring/evaluate.py.
    """

    cases: int
    release_precision: Share | None = Field(alias="release precision")
    release_recall: Share | None = Field(alias="release recall")
    precision: Share | None
    recall: Share | None
    channel_right: Share | None = Field(alias="channel right")
    channel_and_signal: Share | None = Field(alias="channel and signal")
    date_within_a_day: Share | None = Field(alias="date within a day")
    wrong_channels: Share | None = Field(alias="wrong channels")


class MeasuredSet(_Part):
    """One set of cases, how it was judged, and its figures: `all`, and by language and side ("lang en", "side us")."""

    name: str
    how: str
    parts: dict[str, Figures]


class ReliabilityStep(_Part):
    """Findings of a confidence from `low` to below `high`: how many, how many right, and what was said on average."""

    low: Share
    high: Share
    count: int
    right: int
    said: Share


class Measured(_Part):
    """How well the shipped weights do on labelled cases, on the day of measuring."""

    measured: date
    fitted_to: int = Field(alias="fitted to")
    sets: list[MeasuredSet]
    reliability: list[ReliabilityStep]


def read_measured(config_dir: Path) -> Measured:
    """What `config_dir`/detection/measured.json says, else the file that the product ships. Raises ConfigError."""
    return _read(config_dir, "measured.json", Measured)


def _read(config_dir: Path, name: str, model: type[AnyModel]) -> AnyModel:
    own = config_dir / "detection" / name
    path = own if own.exists() else SHIPPED / name
    try:
        return model.model_validate_json(content_of(path))
    except (OSError, ValidationError):
        # JSON is YAML too: read as such, which takes twenty times as long, what is wrong has a line.
        return read_yaml(path, model)


def read_weights(config_dir: Path) -> Weights:
    """The weights in `config_dir`/detection/weights.json, else those that the product ships. Raises ConfigError."""
    data = _read(config_dir, "weights.json", _WeightsFile)
    return Weights(
        news=_card(data.news),
        signals={signal: _card(card) for signal, card in data.signals.items()},
        dates=_card(data.dates),
        scores=tuple(data.scores),
        shares=tuple(data.shares),
        flag=data.flag,
        beside=data.beside,
    )


def _card(data: _Card) -> Scorecard:
    return Scorecard(data.base, data.weights)
