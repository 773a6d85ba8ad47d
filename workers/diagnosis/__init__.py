"""From what a cluster shows to what is wrong: evidence, rules over it, findings with their sources. No model."""
