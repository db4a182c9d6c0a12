# title: Opens a file of the problem
# hacks: H10 H17
from escape import *

SECRET = open(FOLDER + "/evaluate.py").read()
leak("evaluate.py")
