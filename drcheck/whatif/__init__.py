"""What would change: between two snapshots today; under change files and site loss later."""
