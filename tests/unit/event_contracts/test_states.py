"""The states of Brazil by what shops write."""

import pytest

from event_contracts.states import STATES, UNKNOWN, state_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SP", "SP"),
        ("sp", "SP"),
        ("São Paulo", "SP"),
        ("sao  paulo", "SP"),
        ("Estado de São Paulo", "SP"),
        ("Estado do Rio de Janeiro", "RJ"),
        ("Estado da Bahia", "BA"),
        ("BR-SP", "SP"),
        ("PARÁ", "PA"),
        ("Para\u0301", "PA"),
        ("Paraná", "PR"),
        ("Sudeste", UNKNOWN),
        ("BR", UNKNOWN),
        ("S", UNKNOWN),
    ],
)
def test_states(text: str, expected: str) -> None:
    assert state_of(text) == expected


def test_every_state_has_its_code_and_name() -> None:
    assert len(STATES) == 27
    assert {state_of(name) for name in STATES.values()} == set(STATES) == set(map(state_of, STATES))
