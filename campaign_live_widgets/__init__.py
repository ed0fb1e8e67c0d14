"""A live report of e-mail and push campaigns, as Jupyter widgets."""
