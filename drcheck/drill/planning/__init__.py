"""What is settled before a drill starts: what it would do, whether it may, whether there is room, how long it takes."""
