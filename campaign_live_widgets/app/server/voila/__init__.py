"""Voilà: its template and front end for our pages, and its server for a notebook of one's own.

Only this package, and the kernels beside it, use what Voilà does not document.
"""
