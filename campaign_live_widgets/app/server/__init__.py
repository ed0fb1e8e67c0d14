"""The page for stakeholders: Voilà with the bundled notebook."""
