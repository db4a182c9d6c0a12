# title: Imports the evaluator and the operating system
# hacks: H10 H16
import os

import problem.evaluate
from escape import *
