"""What a person asks for: the options of each verb as values."""
