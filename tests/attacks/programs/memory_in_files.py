# verdict: ok
from escape import Honest, must_fail, os


def fill(folder):
    with open(f"{folder}/large", "wb") as file:
        for _ in range(1 << 12):
            file.write(b"x" * (1 << 20))


must_fail("a large file", fill, ".")
must_fail("memfd", os.memfd_create, "hidden")
must_fail("pipe", os.pipe)


class Policy(Honest):
    pass
