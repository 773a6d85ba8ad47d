"""One file per verb family: everything Kubechat knows about doing one kind of thing."""
