"""What keeps the simulated clusters moving: one module per controller, pure rules and a loop that applies them."""
