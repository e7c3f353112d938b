"""A plain Python consumer: confluent-kafka, orjson, psycopg COPY.

    plain.py BROKERS TOPIC DATABASE_URL SHARE SHARES BATCH none|vader

Reads the partitions p with p % SHARES = SHARE from their beginning to where they end. It is given its partitions: waiting
for a consumer group would only cost it time. Prints {"records":…,"skipped":…,"begin":…,"end":…}, seconds since 1970.
"""
import json
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from plain_table import Table, row, scorer

brokers, topic, url, share, shares, batch, classifier = sys.argv[1:]
share, shares, batch = int(share), int(shares), int(batch)
score, table = scorer(classifier), Table(url)
consumer = Consumer({"bootstrap.servers": brokers, "group.id": "plain", "enable.auto.commit": False,
                     "enable.partition.eof": True, "fetch.wait.max.ms": 10, "queued.min.messages": 200000})
partitions = [p for p in consumer.list_topics(topic, 30).topics[topic].partitions if p % shares == share]
consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
left, begin, records, skipped, rows = len(partitions), None, 0, 0, []
while left:
    for message in consumer.consume(batch, 0.05):
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                sys.exit(f"plain.py: {message.error().str()}")
            left -= 1
            continue
        begin = begin or time.time()
        one = row(message.value(), score)
        if one:
            rows.append(one)
        else:
            skipped += 1
    if len(rows) >= batch or (rows and not left):
        table.write(rows)
        records += len(rows)
        rows = []
print(json.dumps({"records": records, "skipped": skipped, "begin": begin, "end": time.time()}))
consumer.close()
