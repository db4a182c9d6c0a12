"""Back-ends behind one contract that start workers which cannot harm the host."""
