"""What do test failovers on Hyper-V hosts ask, do and hold? The channel to a host, and through it into a copy."""
