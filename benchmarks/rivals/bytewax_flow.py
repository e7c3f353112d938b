"""The same with Bytewax, a stream-processing library with a Kafka source.

    SHARE=0 SHARES=2 … python -m bytewax.run bytewax_flow:flow -i SHARE -a ADDRESS;ADDRESS

Takes BROKERS, TOPIC, DATABASE_URL, BATCH, CLASSIFIER and OUTPUT from the environment; the library shares out the
partitions. At the end each worker writes {"records":…,"skipped":…,"begin":…,"end":…} to a file in OUTPUT.
"""
import json
import os
import time

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from plain_table import Table, row, scorer

score = scorer(os.environ["CLASSIFIER"])
batch = int(os.environ["BATCH"])


class Writer(StatelessSinkPartition):
    def __init__(self, index):
        self.index, self.table, self.rows = index, Table(os.environ["DATABASE_URL"]), []
        self.count, self.skipped, self.begin = 0, 0, None

    def write_batch(self, items):
        self.begin = self.begin or time.time()
        rows = [item for item in items if item]
        self.skipped += len(items) - len(rows)
        self.rows += rows
        if len(self.rows) >= batch:
            self.flush()

    def flush(self):
        self.table.write(self.rows)
        self.count += len(self.rows)
        self.rows = []

    def close(self):
        if self.rows:
            self.flush()
        with open(f"{os.environ['OUTPUT']}/share-{self.index}.json", "w") as file:
            json.dump({"records": self.count, "skipped": self.skipped, "begin": self.begin, "end": time.time()}, file)


class Sink(DynamicSink):
    def build(self, step_id, worker_index, worker_count):
        return Writer(worker_index)


flow = Dataflow("mentions")
source = KafkaSource([os.environ["BROKERS"]], [os.environ["TOPIC"]], tail=False, batch_size=1000)
records = op.input("kafka", flow, source)
rows = op.map("row", records, lambda message: row(message.value, score))
op.output("table", rows, Sink())
