"""The tests of the package; ``python -m tests`` runs them all."""
