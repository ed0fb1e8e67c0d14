"""Pages without a kernel of their own: many in one process, each with its own widgets."""
