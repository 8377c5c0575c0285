"""Hide people from every reader."""
