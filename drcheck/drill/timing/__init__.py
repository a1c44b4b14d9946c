"""What took how long, and how sure are we? Clocks, intervals, phases, and the figures made of them."""
