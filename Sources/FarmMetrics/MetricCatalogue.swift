internal import MentionModel

/// Every metric of a worker. docs/metrics.md is made from this file (`mention-worker --metrics-reference`).
public enum MetricCatalogue {
    /// The name that all of the farm's own metrics begin with.
    public static let prefix = "mention_farm_"

    // MARK: Labels

    static let topic = MetricLabel("topic", .configured)
    static let partition = MetricLabel("partition", .partition)
    static let outcome = MetricLabel("outcome", .fixed(["new", "redelivered", "revision", "dead_letter"]))
    static let reason = MetricLabel("reason", .fixed(ReasonCode.allCases.map(\.rawValue)))
    static let stage = MetricLabel("stage", .fixed(WorkerStage.allCases.map(\.rawValue)))
    static let loop = MetricLabel("loop", .fixed(WorkerLoop.allCases.map(\.rawValue)))
    static let link = MetricLabel("link", .fixed(["writer", "control", "relating", "outbox", "indexing"]))
    static let sqlClass = MetricLabel("class", .fixed(SQLClass.all))
    static let result = MetricLabel(
        "result",
        .fixed(["committed", "poison", "refused", "fenced", "roll_over", "unknown", "transient"])
    )
    static let incident = MetricLabel("incident", .fixed(WorkerIncident.allCases.map(\.code)))
    static let tier = MetricLabel("tier", .fixed(["same_id", "same_text", "near", "alone"]))
    static let cause = MetricLabel("cause", .fixed(["evicted", "crowded", "uncompared", "not_rebuilt"]))
    static let index = MetricLabel("index", .fixed(["live", "background"]))
    static let head = MetricLabel("head", .fixed(["sentiment", "emotion", "intent", "flag"]))
    static let label = MetricLabel(
        "label",
        .fixed(
            MentionLabels.sentiments + MentionLabels.emotions + MentionLabels.intents.map(\.name) + MentionLabels.flags
        )
    )
    static let relating = MetricLabel(
        "outcome",
        .fixed(["held_by_another", "idle", "waiting", "working", "reached", "reconciled"])
    )
    static let model = MetricLabel("model_version", .configured)

    private static func counter(
        _ name: String,
        _ unit: MetricUnit,
        by labels: [MetricLabel] = [],
        _ meaning: String
    ) -> MetricDescription {
        MetricDescription(prefix + name + "_total", .counter, unit, by: labels, meaning)
    }

    private static func gauge(
        _ name: String,
        _ unit: MetricUnit,
        by labels: [MetricLabel] = [],
        _ meaning: String
    ) -> MetricDescription {
        MetricDescription(prefix + name, .gauge, unit, by: labels, meaning)
    }

    private static func histogram(
        _ name: String,
        _ unit: MetricUnit,
        _ bounds: [Double],
        by labels: [MetricLabel] = [],
        _ meaning: String
    ) -> MetricDescription {
        MetricDescription(prefix + name, .histogram(bounds), unit, by: labels, meaning)
    }

    static let seconds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    // MARK: Lag

    /// See its meaning, as of all that follow.
    public static let lag = gauge(
        "lag_records",
        .records,
        by: [topic, partition],
        "Offsets between what is durable and the end of the partition, as Kafka told it within the last seconds."
    )
    /// The age of what waits longest.
    public static let oldestAge = gauge(
        "oldest_record_age_seconds",
        .seconds,
        by: [topic, partition],
        "How old the oldest record is that was received and is not durable, by its Kafka timestamp; while none is held but there is lag, since when that is so; 0 without lag."
    )
    /// The durable place.
    public static let nextOffset = gauge(
        "next_offset",
        .records,
        by: [topic, partition],
        "The offset up to which records are durable."
    )
    /// Faults.
    public static let paused = gauge(
        "partition_paused",
        .flag,
        by: [topic, partition],
        "1 where the worker holds the partition and it stands still for a fault."
    )
    /// All partitions.
    public static let topicPartitions = gauge(
        "topic_partitions",
        .partitions,
        by: [topic],
        "Partitions that the topic had when the worker started. Every worker says it: take the maximum."
    )
    /// Those that are held.
    public static let partitionsHeld = gauge(
        "partitions_held",
        .partitions,
        by: [topic],
        "Partitions that the worker holds, those that are paused for a fault among them."
    )

    // MARK: Throughput

    /// Received records.
    public static let receivedRecords = counter(
        "received_records",
        .records,
        by: [topic],
        "Records taken from Kafka, those that are read again among them."
    )
    /// Received bytes.
    public static let receivedBytes = counter(
        "received_bytes",
        .bytes,
        by: [topic],
        "Bytes of their keys and payloads."
    )
    /// What became of records.
    public static let records = counter(
        "records",
        .records,
        by: [topic, outcome],
        "Records that this worker made durable, by what became of them."
    )
    /// Dead letters by reason.
    public static let deadLetters = counter(
        "dead_letters",
        .records,
        by: [topic, reason],
        "Records that became dead letters, by reason code."
    )
    /// Labels.
    public static let labels = counter(
        "labels",
        .mentions,
        by: [head, label],
        "Labels that the classifier gave to mentions that became durable, deliveries of known ones among them. A flag counts from a probability of a half on."
    )
    /// Batch size in records.
    public static let batchRecords = histogram(
        "batch_records",
        .records,
        [1, 10, 50, 100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000],
        "Records of a transaction."
    )
    /// Batch size in partitions.
    public static let batchPartitions = histogram(
        "batch_partitions",
        .partitions,
        [1, 2, 4, 8, 16, 32, 64, 128],
        "Partitions of a transaction."
    )
    /// Stages.
    public static let stageSeconds = histogram(
        "stage_seconds",
        .seconds,
        seconds,
        by: [stage],
        "How long a piece of work took: receive (taking one poll's records into the lanes), prepare (one round of chunks, waiting for a core included), copies (looking for near texts in one round), write (one attempt of a transaction), claim (one claim of partitions, what it waits for included), relate (one background step)."
    )
    /// Commit latency.
    public static let commitSeconds = histogram(
        "commit_seconds",
        .seconds,
        seconds,
        "From the cut of a batch to its end, commit and all repetitions included."
    )

    // MARK: Queues

    /// Held records.
    public static let heldRecords = gauge("held_records", .records, "Records received and not yet durable.")
    /// Their bound.
    public static let heldRecordsLimit = gauge("held_records_limit", .records, "The bound of these: --held-records.")
    /// Held bytes.
    public static let heldBytes = gauge("held_bytes", .bytes, "Payload bytes received and not yet durable.")
    /// Their bound.
    public static let heldBytesLimit = gauge("held_bytes_limit", .bytes, "The bound of these: --held-bytes.")
    /// Ready records.
    public static let readyRecords = gauge(
        "ready_records",
        .records,
        "Of the records held, those that are prepared and wait for a batch."
    )
    /// Waiting records.
    public static let unpreparedRecords = gauge(
        "unprepared_records",
        .records,
        "Of the records held, those that wait for their preparation."
    )

    // MARK: Services

    /// PostgreSQL.
    public static let databaseUp = gauge(
        "database_up",
        .flag,
        "0 while PostgreSQL does not answer the worker, or refuses to work (read-only, full, out of connections)."
    )
    /// Kafka.
    public static let kafkaUp = gauge("kafka_up", .flag, "0 while no broker answers the worker.")
    /// Failures of the database.
    public static let databaseErrors = counter(
        "database_errors",
        .times,
        by: [link, sqlClass],
        "Failures of work on PostgreSQL that was done again, by the connection and the class of the SQLSTATE (its first two characters); `connection`: lost, refused, or no answer in time."
    )
    /// Attempts.
    public static let writeAttempts = counter(
        "write_attempts",
        .times,
        by: [result],
        "Attempts to write a batch or a part of one, by result; unknown: the connection was lost around the commit, and progress says what happened."
    )
    /// Connections in use.
    public static let databaseConnections = gauge(
        "database_connections",
        .connections,
        "Connections of clients to the PostgreSQL server, whoever they belong to. Read every half minute."
    )
    /// Their bound.
    public static let databaseConnectionsLimit = gauge(
        "database_connections_limit",
        .connections,
        "How many the server takes from ordinary logins."
    )
    /// Size.
    public static let databaseBytes = gauge("database_bytes", .bytes, "The size of the database on disk.")

    // MARK: Events

    /// Rebalances.
    public static let rebalances = counter("rebalances", .times, "Assignments of partitions that the worker took.")
    /// Fences.
    public static let fences = counter(
        "fences",
        .times,
        "Steps of partitions that the database refused because another worker holds them now."
    )
    /// Everything else that is normal now and then.
    public static let incidents = counter(
        "incidents",
        .times,
        by: [incident],
        "What is normal now and then and telling in numbers."
    )

    // MARK: Copies

    /// Tiers.
    public static let copies = counter(
        "copies",
        .mentions,
        by: [tier],
        "Mentions by how they were known: same_id (delivered again or revised), and of those that the live index has looked at same_text, near (a near copy), or alone."
    )
    /// Pairs.
    public static let copyPairs = counter("copy_pairs", .times, "Pairs of near texts that the live index found.")
    /// Escapes.
    public static let copyEscapes = counter(
        "copy_escapes",
        .texts,
        by: [cause],
        "Texts of which the live index may have missed copies, by cause. The background step finds them."
    )
    /// Texts of the index.
    public static let indexTexts = gauge("copy_index_texts", .texts, "Texts that the live index holds.")
    /// Room of the index.
    public static let indexCapacity = gauge("copy_index_capacity_texts", .texts, "Short texts that it has room for.")
    /// Memory of the index.
    public static let indexBytes = gauge(
        "copy_index_bytes",
        .bytes,
        by: [index],
        "Memory of the live index, and of the background step's, which only the worker with the lease has."
    )
    /// Span of the index.
    public static let indexCovered = gauge(
        "copy_index_covered_seconds",
        .seconds,
        "How far back from the newest text the live index reaches."
    )

    // MARK: Background

    /// Steps.
    public static let relatingSteps = counter(
        "relating_steps",
        .times,
        by: [relating],
        "Background steps by outcome. One worker at a time holds the lease; the others say held_by_another."
    )
    /// Mentions related.
    public static let related = counter("related_mentions", .mentions, "Mentions that the background step has related.")
    /// Backlog of the background step.
    public static let relatedLag = gauge(
        "related_lag_records",
        .records,
        by: [topic],
        "Records that are durable and not yet related, over all partitions of the topic: next_offset beyond related_through. Every worker says it: take the maximum. Read every half minute."
    )
    /// The outbox.
    public static let outboxActions = gauge(
        "outbox_actions",
        .actions,
        "Actions that wait in the outbox to be published, counted up to 100,000. Every worker says it: take the maximum. "
            + "Read every half minute."
    )
    /// The oldest of them.
    public static let outboxAge = gauge(
        "outbox_oldest_seconds",
        .seconds,
        "How long the oldest of them has waited; 0 when none does."
    )

    // MARK: The worker

    /// Liveness.
    public static let alive = gauge("alive", .flag, "What /healthz says: 1 while the loops turn.")
    /// Readiness.
    public static let ready = gauge("ready", .flag, "What /readyz says.")
    /// Loops.
    public static let loopSeconds = gauge(
        "loop_busy_seconds",
        .seconds,
        by: [loop],
        "For how long each of the worker's loops has been at one piece of work; 0 while it waits for some."
    )
    /// What runs.
    public static let info = gauge(
        "info",
        .flag,
        by: [model],
        "1, with the version of the classifier's model as label."
    )
    /// Memory.
    public static let residentBytes = MetricDescription(
        "process_resident_memory_bytes",
        .gauge,
        .bytes,
        "Memory of the process."
    )
    /// Processor time.
    public static let cpuSeconds = MetricDescription(
        "process_cpu_seconds_total",
        .counter,
        .seconds,
        "Processor time of the process, of the user and of the system."
    )
    /// Start.
    public static let startTime = MetricDescription(
        "process_start_time_seconds",
        .gauge,
        .seconds,
        "When the process started, since 1970-01-01."
    )
    /// Files.
    public static let openFiles = MetricDescription("process_open_fds", .gauge, .files, "Files and sockets open.")
    /// Their bound.
    public static let openFilesLimit = MetricDescription("process_max_fds", .gauge, .files, "How many may be open.")

    /// All by section, in the order of the page.
    public static let sections: [(title: String, metrics: [MetricDescription])] = [
        ("Lag", [lag, oldestAge, nextOffset, paused, topicPartitions, partitionsHeld]),
        (
            "Throughput",
            [
                receivedRecords, receivedBytes, records, deadLetters, labels, batchRecords, batchPartitions,
                stageSeconds, commitSeconds,
            ]
        ),
        (
            "Queues",
            [heldRecords, heldRecordsLimit, heldBytes, heldBytesLimit, readyRecords, unpreparedRecords]
        ),
        (
            "Services",
            [
                databaseUp, kafkaUp, databaseErrors, writeAttempts, databaseConnections, databaseConnectionsLimit,
                databaseBytes,
            ]
        ),
        ("Events", [rebalances, fences, incidents]),
        ("Copies", [copies, copyPairs, copyEscapes, indexTexts, indexCapacity, indexBytes, indexCovered]),
        ("Background", [relatingSteps, related, relatedLag, outboxActions, outboxAge]),
        (
            "The worker",
            [alive, ready, loopSeconds, info, residentBytes, cpuSeconds, startTime, openFiles, openFilesLimit]
        ),
    ]

    /// All.
    public static let all: [MetricDescription] = sections.flatMap(\.metrics)
}
