"""What things are: frozen values, with no effect and no engine."""
