"""In which order combinations are measured."""

from collections.abc import Sequence


def williams_square(size: int) -> list[list[int]]:
    """Gives rows in which each number is at each place, and after each other, equally often.

    An even size takes as many rows, an odd one twice as many. The source is E. J. Williams,
    Australian Journal of Scientific Research A 2 (1949).
    """
    first = [0, *(step // 2 + 1 if step % 2 == 0 else size - step // 2 - 1 for step in range(size))]
    rows = [[(number + shift) % size for number in first[:size]] for shift in range(size)]
    return rows if size % 2 == 0 else rows + [row[::-1] for row in rows]


def orders(names: Sequence[str], rounds: int) -> list[list[str]]:
    """Gives the order of each round, starting the square again when it is used up."""
    square = williams_square(len(names))
    return [[names[number] for number in square[turn % len(square)]] for turn in range(rounds)]
