"""How numbers look and read wherever they are drawn: colours, words, sentences, places.

Below the widgets and without them, so that a page on disk, a picture and a live page say the
same in the same colours.
"""
