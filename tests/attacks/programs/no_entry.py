# verdict: exception
x = 1
