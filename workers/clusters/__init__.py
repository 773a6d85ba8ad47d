"""The only room that speaks to Kubernetes: kubeconfig, transport, impersonation, and the server's words in ours."""
