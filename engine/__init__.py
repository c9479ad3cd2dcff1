"""Chartcoder's engine: charts in, coded suggestions out."""

from importlib.metadata import PackageNotFoundError, version

from engine.errors import ChartcoderError
from engine.types import Chart, CodedChart, Document

try:
    __version__ = version("chartcoder")
except PackageNotFoundError:
    __version__ = "0+unbuilt"

__all__ = ["Chart", "ChartcoderError", "CodedChart", "Document", "__version__"]
