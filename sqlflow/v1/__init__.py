"""Generated from proto/sqlflow/v1/sqlflow.proto by `make codegen`; nothing by hand."""
