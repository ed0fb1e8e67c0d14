"""The live loop, connected viewers and the state of the connection."""
