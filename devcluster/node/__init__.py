"""The node flavour: a node in namespaces of its own, its components, and what they read."""
