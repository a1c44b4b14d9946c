"""What do all tests share? pytester, which runs the plugin's own sessions inside a test."""

pytest_plugins = ["pytester"]
