"""What is asked inside a guest, the same on every channel? One literal script per kind of probe."""
