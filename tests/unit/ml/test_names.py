"""Names are found as SQL finds them."""

from __future__ import annotations

from sqlflow.ml.names import find, suggest


def test_the_same_spelling_comes_first():
    assert find("a", ["A", "a"]) == "a"


def test_another_case_is_found_if_it_is_the_only_one():
    assert find("CLASS", ["x", "Class"]) == "Class"
    assert find("AB", ["Ab", "aB"]) is None


def test_a_near_name_is_suggested():
    assert suggest("Petal_Wdth", ["petal_width", "x"]) == '; did you mean "petal_width"?'


def test_without_a_near_name_all_are_listed():
    assert suggest("zzz", ["b", "a"], what="there are") == "; there are a, b"
    assert suggest("zzz", []) == ""


def test_a_long_list_is_cut():
    names = [f"column{i:02}" for i in range(20)]

    assert suggest("zzz", names).endswith("column11, …")
