"""Events: their generators, the files and tables that contain them."""
