"""What all verbs share: how one is planned, done, published, repeated and reported."""
