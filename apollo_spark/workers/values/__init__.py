"""Values of cells: parsed, converted, hashed, shown."""
