"""Labels, phrases and number formats in English and French."""
