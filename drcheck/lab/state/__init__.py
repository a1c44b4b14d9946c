"""What is a simulated estate? Plain mutable objects, its clock, and the logbook of what really happened."""
