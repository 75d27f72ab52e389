"""Money is integer cents in memory and a decimal string with two decimals outside."""

from decimal import Decimal


def to_cents(amount: Decimal | int) -> int:
    """Cents of an amount that has no more than two decimals."""
    return int(Decimal(amount).scaleb(2))


def to_text(cents: int) -> str:
    """For example `149.70`, or `-0.01` where more was taken back than sold."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"
