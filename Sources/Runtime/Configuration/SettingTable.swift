// The table of all settings. Whoever adds an option that is also a setting adds its row here, takes the option's help
// from it, and runs
//     mention-admin configuration-reference --format markdown >docs/configuration.md
//     mention-admin configuration-reference --format env >deploy/env.example

extension SettingKey {
    private static let everybody = Program.allCases

    /// All settings, in the order of the reference page.
    public static let all: [SettingKey] = [
        kafkaBootstrapServers, kafkaProperty, kafkaPropertyFile, topic, group,
        databaseURL,
        sessionTimeout, instanceID, start, untilCaughtUp, giveUpAfter,
        batchRecords, batchBytes, batchLinger, heldRecords, heldBytes, copyMemory, width, synchronousCommit,
        breakerShare, breakerWindow,
        model,
        metricsAddress,
        actionsTopic,
        key, rate, partitionCheck,
        config, logLevel, logFormat,
    ]

    // MARK: Kafka

    /// The brokers.
    public static let kafkaBootstrapServers = SettingKey(
        "kafka-bootstrap-servers",
        .kafka,
        .text,
        note: "none, it must be given",
        by: everybody,
        example: "broker1:9092,broker2:9092",
        valueName: "list",
        "Kafka brokers, host:port separated by commas"
    )

    /// Properties of librdkafka.
    public static let kafkaProperty = SettingKey(
        "kafka-property",
        .kafka,
        .list,
        secret: true,
        by: everybody,
        example: "security.protocol=SASL_SSL",
        valueName: "name=value",
        "Any librdkafka property; repeatable. In the environment each has a variable of its own, such as "
            + "KAFKA_PROPERTY_SECURITY_PROTOCOL=SASL_SSL"
    )

    /// Properties whose values are in files.
    public static let kafkaPropertyFile = SettingKey(
        "kafka-property-file",
        .kafka,
        .list,
        by: everybody,
        example: "sasl.password=/run/secrets/kafka",
        valueName: "name=path",
        "A property whose value is in a file; repeatable. In the environment "
            + "KAFKA_PROPERTY_SASL_PASSWORD_FILE=/run/secrets/kafka"
    )

    /// The topic.
    public static let topic = SettingKey(
        "topic",
        .kafka,
        .text,
        default: "mentions",
        by: everybody,
        example: "mentions",
        valueName: "name",
        "The topic of mentions"
    )

    /// The consumer group.
    public static let group = SettingKey(
        "group",
        .kafka,
        .text,
        default: "mention-farm",
        by: everybody,
        example: "mention-farm",
        valueName: "name",
        "The consumer group. Progress is kept by group: another one reads the topic from the beginning"
    )

    // MARK: PostgreSQL

    /// The database.
    public static let databaseURL = SettingKey(
        "database-url",
        .database,
        .text,
        note: "libpq's PGHOST, PGDATABASE and so on",
        secret: true,
        by: [.worker, .admin],
        example: "postgresql://farm@db.example:5432/mentions?sslmode=verify-full",
        valueName: "url",
        "PostgreSQL, as postgresql://user@host:5432/database. DATABASE_URL_FILE names a file that holds it"
    )

    // MARK: Membership

    /// The session timeout.
    public static let sessionTimeout = SettingKey(
        "session-timeout",
        .membership,
        .duration(.seconds(1) ... .seconds(1_800)),
        default: "10s",
        example: "10s",
        valueName: "time",
        "After this long without a sign of life the group gives a worker's partitions to others. Brokers take 6s or more"
    )

    /// Static membership.
    public static let instanceID = SettingKey(
        "instance-id",
        .membership,
        .text,
        note: "none: dynamic membership, which suits scaling",
        example: "mention-worker-0",
        valueName: "id",
        "Static membership: keeps the partitions through a restart, but also until the session timeout after a stop. "
            + "Each worker needs another one"
    )

    /// Where to begin.
    public static let start = SettingKey(
        "start",
        .membership,
        .text,
        default: "earliest",
        example: "2026-01-31T00:00:00Z",
        valueName: "place",
        "Where to start a partition that has no progress yet: earliest, latest or an RFC 3339 time"
    )

    /// Whether to end at the end.
    public static let untilCaughtUp = SettingKey(
        "until-caught-up",
        .membership,
        .flag,
        note: "goes on for ever",
        example: "true",
        valueName: "",
        "End when all that is in the topic now is durable, whoever wrote it"
    )

    /// How long services may stay away.
    public static let giveUpAfter = SettingKey(
        "give-up-after",
        .membership,
        .duration(.zero ... .seconds(3_650 * 86_400)),
        note: "60s; a worker without --until-caught-up waits for ever",
        by: everybody,
        example: "5m",
        valueName: "time",
        "End when a service stays away for so long"
    )

    // MARK: Batches and memory

    /// Records of a transaction.
    public static let batchRecords = SettingKey(
        "batch-records",
        .batches,
        .integer(1...100_000),
        default: "8000",
        example: "8000",
        valueName: "n",
        "Most records of one transaction"
    )

    /// Bytes of a transaction.
    public static let batchBytes = SettingKey(
        "batch-bytes",
        .batches,
        .bytes(65_536...1_073_741_824),
        default: "8388608",
        example: "8388608",
        valueName: "bytes",
        "Most payload bytes of one transaction"
    )

    /// How long a batch waits.
    public static let batchLinger = SettingKey(
        "batch-linger",
        .batches,
        .duration(.zero ... .seconds(10)),
        default: "15ms",
        example: "15ms",
        valueName: "time",
        "How long a small batch waits for more"
    )

    /// Records in memory.
    public static let heldRecords = SettingKey(
        "held-records",
        .batches,
        .integer(1...10_000_000),
        default: "24000",
        example: "24000",
        valueName: "n",
        "Most records held in memory"
    )

    /// Bytes in memory.
    public static let heldBytes = SettingKey(
        "held-bytes",
        .batches,
        .bytes(1_048_576...8_589_934_592),
        default: "67108864",
        example: "67108864",
        valueName: "bytes",
        "Most payload bytes held in memory"
    )

    /// Memory for near copies.
    public static let copyMemory = SettingKey(
        "copy-memory",
        .batches,
        .bytes(0...8_589_934_592),
        default: "134217728",
        example: "134217728",
        valueName: "bytes",
        "Memory for finding near copies, half for what arrives, half for the background step; with 0 only the same words "
            + "are found"
    )

    /// Preparation side by side.
    public static let width = SettingKey(
        "width",
        .batches,
        .integer(1...64),
        note: "the number of cores, at most 8",
        example: "4",
        valueName: "n",
        "Chunks prepared side by side"
    )

    /// Flushed commits.
    public static let synchronousCommit = SettingKey(
        "synchronous-commit",
        .batches,
        .flag,
        note: "not flushed",
        example: "true",
        valueName: "",
        "Have PostgreSQL flush its log at each commit. Not needed for exactly once: what it loses is replayed"
    )

    // MARK: Faults

    /// The breaker's share.
    public static let breakerShare = SettingKey(
        "breaker-share",
        .faults,
        .integer(1...100),
        default: "50",
        example: "50",
        valueName: "percent",
        "Pause a partition when more than this percent of its last records are dead letters; 100: never"
    )

    /// The breaker's window.
    public static let breakerWindow = SettingKey(
        "breaker-window",
        .faults,
        .integer(1...1_000_000),
        default: "400",
        example: "400",
        valueName: "n",
        "How many of the last records the breaker looks at"
    )

    // MARK: Model

    /// The model.
    public static let model = SettingKey(
        "model",
        .model,
        .text,
        note: "the model that comes with the program",
        by: [.worker, .admin],
        example: "/etc/mention-farm/new.mfm",
        valueName: "file",
        "A model file of mention-train, or lexicon for a plain sum of word valences, the baseline"
    )

    // MARK: Metrics

    /// Where metrics and health are shown.
    public static let metricsAddress = SettingKey(
        "metrics-address",
        .metrics,
        .text,
        note: "127.0.0.1:9464 or the next port that is free",
        example: "0.0.0.0:9464",
        valueName: "host:port",
        "Where /metrics, /healthz and /readyz are: host:port, port 0 for any, or none"
    )

    /// The topic of decisions and signals.
    public static let actionsTopic = SettingKey(
        "actions-topic",
        .batches,
        .text,
        default: "mention-actions",
        example: "mention-actions",
        valueName: "name",
        "The topic of decisions and signals; an empty name publishes nothing"
    )

    // MARK: Publishing

    /// The records' key.
    public static let key = SettingKey(
        "key",
        .publishing,
        .choice(["sketch", "id", "none"]),
        default: "sketch",
        by: [.producer],
        example: "sketch",
        valueName: "kind",
        "What decides the partition: sketch (of the text), id or none"
    )

    /// Records a second.
    public static let rate = SettingKey(
        "rate",
        .publishing,
        .number(0...100_000_000),
        default: "0",
        note: "no limit",
        by: [.producer],
        example: "4000",
        valueName: "number",
        "At most so many records a second"
    )

    /// Whether first offsets are checked.
    public static let partitionCheck = SettingKey(
        "partition-check",
        .publishing,
        .flag,
        note: "not checked",
        by: [.producer],
        example: "true",
        valueName: "",
        "Fail if a partition's first offset is not 0 in the end: a broker that holds little has dropped records"
    )

    // MARK: General

    /// The configuration file.
    public static let config = SettingKey(
        "config",
        .general,
        .file,
        note: "none",
        by: everybody,
        example: "/etc/mention-farm/farm.json",
        valueName: "file",
        "A JSON file with settings, named as their flags"
    )

    /// The log's level.
    public static let logLevel = SettingKey(
        "log-level",
        .general,
        .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
        default: "info",
        by: everybody,
        example: "info",
        valueName: "level",
        "What is logged: trace, debug, info, notice, warning, error or critical"
    )

    /// The log's format.
    public static let logFormat = SettingKey(
        "log-format",
        .general,
        .choice(["text", "json"]),
        default: "text",
        by: everybody,
        example: "json",
        valueName: "format",
        "How it is logged: text or json"
    )
}
