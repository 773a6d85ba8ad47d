"""The process that talks to people: hears chat, shows cards, holds no cluster credentials."""
