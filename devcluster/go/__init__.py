"""The cluster's programs, built from source: a folder a Go module, and what builds them."""
