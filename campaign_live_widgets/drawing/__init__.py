"""The former place of ``places``, which notebooks of earlier versions import."""
