"""Voilà: its template and front end for our pages, and its server for your own notebooks.

Only this package, and the kernels beside it, use what Voilà does not document.
"""
