"""Runs a program as a job, and prints what it says while it runs: the plain loop of Run and Fetch.

    python examples/run_and_fetch.py localhost:50051 program.sql mysql://user:password@host/database

The token is all that a reader has to keep. `sqlflow.Client` does the same, and is back after a
restart of the server besides.
"""

import sys
from pathlib import Path

import grpc

from sqlflow.v1 import sqlflow_pb2 as pb
from sqlflow.v1 import sqlflow_pb2_grpc


def main(server: str, program: str, data_source: str = "") -> None:
    with grpc.insecure_channel(server) as channel:
        sqlflow = sqlflow_pb2_grpc.SQLFlowStub(channel)
        request = pb.RunRequest(program=Path(program).read_text("utf-8"), data_source=data_source)
        job = sqlflow.Run(request).job
        print(job.id, job.monitor_url)
        token = ""
        while True:
            page = sqlflow.Fetch(pb.FetchRequest(job=job.id, token=token))  # waits for news
            for record in page.records:
                status, stream = pb.JobStatus.Name(page.job.status), pb.Stream.Name(record.stream)
                print(status, record.step, stream, record.text, flush=True)
            token = page.token
            if page.end:
                break


if __name__ == "__main__":
    main(*sys.argv[1:])
