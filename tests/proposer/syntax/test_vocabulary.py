from adrs.proposer.syntax import vocabulary


def test_what_a_star_import_does_not_bring_is_not_offered() -> None:
    source = (
        "LIMIT: int = 3\n_SECRET: int = 4\n\n"
        "def cost(edge: int) -> float:\n    return 1.0\n\n"
        "def _cost(edge: int) -> float:\n    return 2.0\n\n"
        "class _State:\n    seen: int\n"
    )
    words = vocabulary.of_interface(source)
    assert set(words.functions) == {"cost"}
    assert set(words.constants) == {"LIMIT"}
    assert set(words.fields) == set()
