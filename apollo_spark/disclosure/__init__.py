"""Which numbers of guarded data may be given: decided over sums of people, without an engine."""
