"""How does a simulated Windows host speak? TLS, sign-in, WS-Management, shells and a command prompt."""
