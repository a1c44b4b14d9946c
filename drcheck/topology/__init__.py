"""What exists, as facts, gaps and looks; one module per area, found by folder scan."""
