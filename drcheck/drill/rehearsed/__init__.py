"""What is a rehearsal made of? Its parts, who works on them, the steps of people, the critical path."""
