"""Mapping files: what the rows of a source mean, where no known format reads them."""
