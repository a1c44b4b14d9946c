"""What does a drill leave for an auditor?"""
