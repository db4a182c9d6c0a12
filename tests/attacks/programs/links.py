# verdict: ok
from escape import Honest, must_fail, os

with open("file", "w") as file:
    file.write("x")
must_fail("symlink", os.symlink, "/", "root")
must_fail("link", os.link, "file", "other")
must_fail("fifo", os.mkfifo, "fifo")
must_fail("chmod", os.chmod, "file", 0o777)
must_fail("chown", os.chown, "file", 0, 0)
must_fail("extended attribute", os.setxattr, "file", "user.left", b"x")
must_fail("a lock that others see", os.mknod, "node")


class Policy(Honest):
    pass
