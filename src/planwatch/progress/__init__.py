"""Progress: how far each target is, in one month, as known at one instant (DOMAIN §4). Pure: frames in, a frame out."""

from planwatch.progress.judge import judge

__all__ = ["judge"]
