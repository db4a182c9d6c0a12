"""What an evaluator is made of: the contract, the two workers, the codec, the schema."""
