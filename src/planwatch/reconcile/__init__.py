"""Reconciling: printed names, numbers, units and months become observations."""

from planwatch.reconcile.observe import Reconciliation, reconcile

__all__ = ["Reconciliation", "reconcile"]
