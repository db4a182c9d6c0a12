# verdict: syntax
class Policy
