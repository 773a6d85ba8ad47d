"""The only room that speaks to Kubernetes API servers."""
