# title: Runs text as code
# hacks: H16
from escape import *

eval("1 + 1")
