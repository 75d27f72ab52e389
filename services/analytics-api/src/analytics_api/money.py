"""Money is integer cents in memory and a decimal string with two decimals outside."""

from decimal import Decimal


def to_cents(amount: Decimal | int) -> int:
    """Cents of an amount that has no more than two decimals."""
    return int(Decimal(amount).scaleb(2))


def to_text(cents: int) -> str:
    """For example `149.70`, or `-0.05` where more was taken back than sold."""
    sign, cents = "-" * (cents < 0), abs(cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"
