"""Which kinds of instances a C-GET is prepared to take in."""

from axial.dimse.asking.proposals import MOST_CLASSES, USUAL_CLASSES
from axial.router.retrieval.classes import classes_to_take
from axial.router.retrieval.receipts import Receipts

CT, MR, RARE = USUAL_CLASSES[20], USUAL_CLASSES[21], "1.2.840.10008.5.1.4.1.1.77.1.7"


def test_what_is_told_is_taken_if_it_is_accepted() -> None:
    """Where each command tells what it is about, there is room for each syntax of it."""
    assert classes_to_take([[CT, RARE], [CT]], [CT, MR]) == [[CT]]
    assert classes_to_take([[RARE], [CT]], [CT, RARE]) == [[RARE, CT]]


def test_where_something_is_not_told_everything_is_taken() -> None:
    """What is told comes first, then the usual; also where nothing that is told is accepted."""
    assert classes_to_take([[RARE], []], [MR, CT, RARE]) == [[RARE, CT, MR]]
    assert classes_to_take([[RARE]], [MR, CT]) == [[CT, MR]]
    assert classes_to_take([[]], [RARE]) == [[RARE]]
    assert classes_to_take([[]], []) == []


def test_what_does_not_fit_has_an_association_of_its_own() -> None:
    """Nothing that is accepted is left out, the usual comes first, and each group fits."""
    rare = [f"1.2.3.{number}" for number in range(200)]
    first, *others = classes_to_take([[]], [*rare, *USUAL_CLASSES])
    assert first[: len(USUAL_CLASSES)] == list(USUAL_CLASSES)
    assert len(first) == MOST_CLASSES
    assert sorted([*first, *(uid for group in others for uid in group)]) == sorted(
        [*rare, *USUAL_CLASSES]
    )
    assert max(map(len, others)) <= MOST_CLASSES


def test_what_comes_again_is_told_once() -> None:
    """As after a command was interrupted, and asked for again by another replica."""
    told = ["a"]
    receipts = Receipts(told)
    receipts.add(["a", "b", "b"])
    assert told == ["a", "b"]
