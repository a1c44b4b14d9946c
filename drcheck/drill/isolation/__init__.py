"""Is the drill's network isolated? By configuration, by a canary inside it, and again while copies run."""
