"""Growth by itself: a file of steps, each a verb that exists, done in order within limits."""
