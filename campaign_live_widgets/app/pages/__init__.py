"""Pages without kernels: many in one process, each with its own widgets."""
