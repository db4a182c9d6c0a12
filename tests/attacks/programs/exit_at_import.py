# verdict: crash
from escape import os

os._exit(7)
