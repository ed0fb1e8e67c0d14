"""How numbers look: colours, labels, sentences, charts, HTML, PDF and text.

This layer uses no widgets, so that a file, a picture and a live page look the same.
"""
