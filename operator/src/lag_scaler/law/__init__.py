"""The control law: how many replicas a consumer group needs, as a pure function of readings."""

from lag_scaler.law.decision import Action, Decision, Figures, Reason
from lag_scaler.law.law import decide
from lag_scaler.law.memory import not_carried_out
from lag_scaler.law.observation import Observation, PartitionOffsets
from lag_scaler.law.policy import Override, Peak, ScalingPolicy, WithoutData
from lag_scaler.law.state import ScalerState

__all__ = [
    "Action",
    "Decision",
    "Figures",
    "Observation",
    "Override",
    "PartitionOffsets",
    "Peak",
    "Reason",
    "ScalerState",
    "ScalingPolicy",
    "WithoutData",
    "decide",
    "not_carried_out",
]
