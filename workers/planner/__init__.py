"""From words to a typed plan, a question, a refusal or a reply."""
