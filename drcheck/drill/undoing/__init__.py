"""What have drills left, and how is it undone? From journals, from their copies, or from the estate alone."""
