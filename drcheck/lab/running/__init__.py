"""How does a simulated estate come up, stay up, have mishaps and stop?"""
