"""Answers remembered by object."""

from __future__ import annotations

from planwatch.model.remembered import remembered


def test_the_very_same_object_is_worked_on_once_and_an_equal_one_anew():
    asked: list[list[int]] = []

    @remembered
    def total(numbers: list[int]) -> int:
        asked.append(numbers)
        return sum(numbers)

    one, equal = [1, 2], [1, 2]
    assert [total(one), total(one), total(equal)] == [3, 3, 3]
    assert [x is one for x in asked] == [True, False]


def test_only_the_last_two_are_kept():
    worked: list[str] = []

    @remembered
    def of(thing: list[str]) -> str:
        worked.append(thing[0])
        return thing[0]

    things = [["a"], ["b"], ["c"]]
    for thing in (*things, things[2], things[1], things[0]):
        assert of(thing) == thing[0]
    assert worked == ["a", "b", "c", "a"]
