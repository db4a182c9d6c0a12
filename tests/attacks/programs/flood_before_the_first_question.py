# verdict: output
from escape import CHANNEL, os

while True:
    os.write(CHANNEL, b"\x00" * (1 << 16))
