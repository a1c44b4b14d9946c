"""What do all tests share? Nothing but pytester, which pyproject.toml loads.

Loaded from here it would end every session elsewhere that adds the checks of this checkout: pytest takes plugins from
the topmost conftest only.
"""
