"""Functions that tests run in limited helpers."""

import ast
import os
import time


def echo(value):
    return value


def nest(depth):
    return len(ast.dump(ast.parse("-" * depth + "1")))


def spin():
    while True:
        pass


def sleep(seconds):
    time.sleep(seconds)


def grow(mib):
    return len(bytearray(mib << 20))


def segfault():
    os.kill(os.getpid(), 11)


def fail(text):
    raise ValueError(text)


def process():
    return [os.getpid(), hash("determinism"), dict(os.environ)]
