"""Return twelve numbers."""


def solve(given, rng):
    # EVOLVE-BLOCK-START
    first = 500
    second = 500
    third = 500
    fourth = 500
    fifth = 500
    sixth = 500
    seventh = 500
    eighth = 500
    ninth = 500
    tenth = 500
    eleventh = 500
    twelfth = 500
    numbers = [first, second, third, fourth, fifth, sixth]
    numbers += [seventh, eighth, ninth, tenth, eleventh, twelfth]
    return [max(0, number) for number in numbers]
    # EVOLVE-BLOCK-END
