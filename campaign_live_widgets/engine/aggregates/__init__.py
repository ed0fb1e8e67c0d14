"""Small additive aggregates that rollups are made of."""
