"""How a film is made: its parts and their parameters, the plan of tasks, and the handlers that run them."""
