"""From ready to done: checked again, written step by step, watched, taken back, examined."""
