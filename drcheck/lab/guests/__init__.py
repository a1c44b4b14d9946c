"""What do drcheck's scripts find inside a simulated guest?"""
