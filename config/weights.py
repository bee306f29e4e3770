"""The weights of detection as `training/fit.py` writes them: numbers, checked when read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.yamlfile import read_yaml
from tracker.detect.weigh import Scorecard, Weights
from tracker.model import Signal

SHIPPED = Path(__file__).parent / "detection" / "weights.json"

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

    @model_validator(mode="after")
    def _rising(self) -> _WeightsFile:
        if len(self.scores) != len(self.shares):
            raise ValueError("scores and shares differ in number; fit the weights anew")
        if sorted(set(self.scores)) != self.scores or sorted(self.shares) != self.shares:
            raise ValueError("the reliability curve does not rise; fit the weights anew")
        return self


def read_weights(config_dir: Path) -> Weights:
    """The weights in `config_dir`/detection/weights.json, else those that the product ships. Raises ConfigError."""
    own = config_dir / "detection" / "weights.json"
    data = read_yaml(own if own.exists() else SHIPPED, _WeightsFile)
    return Weights(
        news=_card(data.news),
        signals={signal: _card(card) for signal, card in data.signals.items()},
        scores=tuple(data.scores),
        shares=tuple(data.shares),
        flag=data.flag,
        beside=data.beside,
    )


def _card(data: _Card) -> Scorecard:
    return Scorecard(data.base, data.weights)
