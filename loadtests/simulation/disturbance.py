"""What disturbs cells beside their noise."""

import msgspec


class Disturbance(msgspec.Struct, frozen=True):
    """What a few rounds cannot tell and is therefore assumed, on the harsh side.

    Of the variance of a cell's own noise `autocorrelated` is the share that decays by `decay` from cell to cell; the
    rest has a gamma distribution of this `shape`, skewed to the slow side by 2/sqrt(shape). `carry_over` is what a cell
    without cache leaves to the next one, and `drift` the change over a whole run, both in spreads of a cell's noise.
    """

    autocorrelated: float = 0.4
    decay: float = 0.5
    shape: float = 2.0
    carry_over: float = 0.3
    drift: float = 1.0


CALM = Disturbance(autocorrelated=0.0, carry_over=0.0, drift=0.0)
