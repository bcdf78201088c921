module sqlflow.org/devcluster/pause

go 1.25.0
