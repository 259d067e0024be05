"""Whether what the inspector knows can be relied on. Pure."""

from datetime import datetime

from wrenchai_contracts.events import InspectorPriorRefreshed, InspectorPriorRefused
from wrenchai_contracts.quality_views import QualityHealthView, RefreshView, RefusalView

from wrenchai_gateway.quality.calibration import in_words
from wrenchai_gateway.quality.known import Known


def health_view(known: Known, lag: int | None = None) -> QualityHealthView:
    """Hashes as recorded and as folded here, the background model, and whether people have confirmed enough.

    `lag`: events that wait for the inspector's answer.
    """
    knowledge, ledger = known.knowledge, known.ledger
    refresh, refused = ledger.refreshed, ledger.refused
    watermarks = [told[0].watermark for told in (refresh, refused) if told is not None]
    return QualityHealthView(
        version=known.version,
        results=knowledge.results,
        verdicts=knowledge.verdicts,
        calibrated=knowledge.calibrated,
        said=in_words(knowledge),
        digest=knowledge.digest,
        differences=known.differences,
        first_differences=tuple(known.first_differences),
        behind=known.version - max(watermarks, default=0),
        lag=lag,
        refresh=_refresh(*refresh) if refresh is not None else None,
        refused=_refusal(*refused) if refused is not None else None,
        position=known.position,
    )


def _refresh(told: InspectorPriorRefreshed, at: datetime) -> RefreshView:
    return RefreshView(at=at, **{name: getattr(told, name) for name in RefreshView.model_fields if name != "at"})


def _refusal(told: InspectorPriorRefused, at: datetime) -> RefusalView:
    return RefusalView(at=at, watermark=told.watermark, reason=told.reason, figures=told.figures)
