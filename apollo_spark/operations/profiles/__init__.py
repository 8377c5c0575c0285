"""Field profiles: counted at the end of loads, read, or counted when they are asked for."""
