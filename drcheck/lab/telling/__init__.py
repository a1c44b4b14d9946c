"""How is a simulated estate told? Machines and clusters, what its people declare, how it drifts, how large it is."""
