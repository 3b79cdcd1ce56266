"""Who hears which ring."""

from axial.router.bell import Bell


def test_a_part_rings_for_whoever_claims_it() -> None:
    """What somebody has in hand is heard by them, what nobody has by those who look at everything."""
    bell = Bell("")
    bell.ring("deliveries/7")
    assert bell.heard("deliveries") == 1
    with bell.claimed("deliveries", 7) as mine:
        bell.ring("deliveries/7")
        bell.ring("deliveries/8")
        assert (bell.heard(mine), bell.heard("deliveries")) == (1, 2)
    bell.ring("deliveries/7")
    assert (bell.heard(mine), bell.heard("deliveries")) == (0, 3)


def test_a_whole_topic_rings_for_all() -> None:
    """A ring that names no part is heard by everybody of its topic, and by nobody of another."""
    bell = Bell("")
    with bell.claimed("deliveries", 7) as mine:
        bell.ring("deliveries")
        bell.ring("ended")
        assert (bell.heard(mine), bell.heard("deliveries")) == (1, 1)
