"""How plans are worded: numbers, units, verbs, lists, and the kinds of target that follow. Rules as data, no model."""
