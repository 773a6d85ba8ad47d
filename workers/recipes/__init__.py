"""Approved runbooks: reading them, finding them in words, filling them in, and holding plans to them."""
