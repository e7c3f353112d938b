// What is the most that could be had? Moves records from Kafka into a table by binary COPY, and does nothing else.
//
//   raw BROKERS TOPIC DATABASE_URL TABLE SHARE SHARES BATCH
//
// Reads the partitions p with p % SHARES = SHARE from their beginning to where they end, and writes rows of the same 34
// columns as the farm's table `mention`, which TABLE is a copy of, indexes too. The columns that the farm fills with
// texts get half of the payload, which is as many bytes; the others get numbers. It does not read the JSON, keeps no
// offset, looks for no repeated record, and what it has written twice after a crash stays there twice.
// A row that PostgreSQL would refuse (not UTF-8, a zero byte, over 64 KiB) is left out and counted.
//
// Prints one JSON line: {"records":…,"skipped":…,"bytes":…,"begin":…,"end":…}, times in seconds since 1970.
#include <endian.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { most = 10000, room = 1 << 20 };

static void stop(const char *what, const char *why) {
    fprintf(stderr, "raw: %s: %s\n", what, why);
    exit(70);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// One batch of rows, as COPY wants them.
static char *rows;
static size_t used, size;

static void need(size_t more) {
    if (used + more <= size) return;
    size = (used + more) * 2;
    rows = realloc(rows, size);
    if (!rows) stop("memory", "none left");
}

static void put(const void *bytes, size_t count) {
    memcpy(rows + used, bytes, count);
    used += count;
}
static void put2(uint16_t value) { value = htobe16(value); put(&value, 2); }
static void put4(uint32_t value) { value = htobe32(value); put(&value, 4); }
static void put8(uint64_t value) { value = htobe64(value); put(&value, 8); }
static void int8(int64_t value) { put4(8); put8((uint64_t)value); }
static void int4(int32_t value) { put4(4); put4((uint32_t)value); }
static void int2(int16_t value) { put4(2); put2((uint16_t)value); }
static void text(const char *bytes, size_t count) { put4((uint32_t)count); put(bytes, count); }
static void null(void) { put4(UINT32_MAX); }

// How many of the first `count` bytes are whole characters of UTF-8 without a zero; -1 where something else stands there.
static long utf8(const unsigned char *bytes, size_t count) {
    size_t at = 0;
    while (at < count) {
        uint64_t word;
        if (at + 8 <= count) {
            memcpy(&word, bytes + at, 8);
            // No byte over 127 and none that is zero.
            if (!((word | ((word - 0x0101010101010101u) & ~word)) & 0x8080808080808080u)) { at += 8; continue; }
        }
        unsigned char first = bytes[at];
        if (first == 0) return -1;
        if (first < 0x80) { at++; continue; }
        size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        if (first < 0xC2 || first > 0xF4) return -1;
        if (at + length > count) return (long)at;
        for (size_t i = 1; i < length; i++)
            if ((bytes[at + i] & 0xC0) != 0x80) return -1;
        unsigned char second = bytes[at + 1];
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
            (first == 0xF4 && second > 0x8F))
            return -1;
        at += length;
    }
    return (long)at;
}

static int row(const rd_kafka_message_t *record, int64_t number, int64_t moment) {
    size_t half = record->len / 2;
    if (!record->payload || record->len == 0 || record->len > (1 << 20) || half > 65536) return 0;
    long kept = utf8(record->payload, half);
    if (kept <= 0) return 0;
    need((size_t)kept + 512);
    put2(34);
    int8(number);
    int8(moment);                                   // published_at, version_at, ingested_at
    int8(moment);
    int8(moment);
    for (int i = 0; i < 7; i++) int8(record->offset); // body_hash … followers, one of them null for most
    int8(record->offset);
    int4(record->partition);
    for (int i = 0; i < 3; i++) int4(1);
    for (int i = 0; i < 8; i++) int2(1);
    put4(1);
    put("\1", 1);
    put4(28);                                       // brands: an array of one integer
    put4(1);
    put4(0);
    put4(23);
    put4(1);
    put4(1);
    int4(1);
    // native_id, text; title, lang, url, in_reply_to, repost_of and conversation stay empty.
    char id[40];
    text(id, (size_t)snprintf(id, sizeof id, "%d-%lld", record->partition, (long long)record->offset));
    text(record->payload, (size_t)kept);
    for (int i = 0; i < 6; i++) null();
    return 1;
}

static PGconn *database;
static const char *table;

static void begin_copy(void) {
    char statement[512];
    snprintf(statement, sizeof statement, "COPY %s FROM STDIN (FORMAT binary)", table);
    PGresult *result = PQexec(database, statement);
    if (PQresultStatus(result) != PGRES_COPY_IN) stop("COPY", PQerrorMessage(database));
    PQclear(result);
    used = 0;
    need(32);
    put("PGCOPY\n\377\r\n\0", 11);
    put4(0);
    put4(0);
}

static void send_rows(void) {
    if (used && PQputCopyData(database, rows, (int)used) != 1) stop("COPY", PQerrorMessage(database));
    used = 0;
}

static void end_copy(void) {
    need(2);
    put2(UINT16_MAX);
    send_rows();
    if (PQputCopyEnd(database, NULL) != 1) stop("COPY", PQerrorMessage(database));
    PGresult *result;
    while ((result = PQgetResult(database))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) stop("COPY", PQerrorMessage(database));
        PQclear(result);
    }
}

static void set(rd_kafka_conf_t *settings, const char *name, const char *value) {
    char why[256];
    if (rd_kafka_conf_set(settings, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) stop(name, why);
}

int main(int count, char **arguments) {
    if (count != 8) stop("usage", "raw BROKERS TOPIC DATABASE_URL TABLE SHARE SHARES BATCH");
    const char *topic = arguments[2];
    table = arguments[4];
    int share = atoi(arguments[5]), shares = atoi(arguments[6]), batch = atoi(arguments[7]);
    if (shares < 1 || batch < 1) stop("usage", "SHARES and BATCH must be 1 or more");
    char why[256];
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    set(settings, "bootstrap.servers", arguments[1]);
    set(settings, "group.id", "raw");
    set(settings, "enable.auto.commit", "false");
    set(settings, "auto.offset.reset", "error");
    set(settings, "enable.partition.eof", "true");
    set(settings, "fetch.wait.max.ms", "10");
    set(settings, "queued.min.messages", "200000");
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_CONSUMER, settings, why, sizeof why);
    if (!kafka) stop("Kafka", why);
    rd_kafka_poll_set_consumer(kafka);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    rd_kafka_resp_err_t failure = rd_kafka_metadata(kafka, 0, handle, &metadata, 30000);
    if (failure || metadata->topic_cnt != 1) stop("metadata", rd_kafka_err2str(failure));
    rd_kafka_topic_partition_list_t *mine = rd_kafka_topic_partition_list_new(8);
    int left = 0;
    for (int p = 0; p < metadata->topics[0].partition_cnt; p++)
        if (p % shares == share) {
            rd_kafka_topic_partition_list_add(mine, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
            left++;
        }
    rd_kafka_metadata_destroy(metadata);
    database = PQconnectdb(arguments[3]);
    if (PQstatus(database) != CONNECTION_OK) stop("PostgreSQL", PQerrorMessage(database));
    if ((failure = rd_kafka_assign(kafka, mine))) stop("assign", rd_kafka_err2str(failure));

    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(kafka);
    rd_kafka_message_t **records = calloc(most, sizeof *records);
    if (!records) stop("memory", "none left");
    int64_t written = 0, skipped = 0, bytes = 0, number = ((int64_t)share + 1) << 40;
    int open = 0;
    double begin = 0;
    while (left > 0) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 1000, records, most);
        if (got < 0) stop("Kafka", rd_kafka_err2str(rd_kafka_last_error()));
        // Seconds since 2000, in microseconds.
        int64_t moment = (int64_t)((now() - 946684800.0) * 1e6);
        for (ssize_t i = 0; i < got; i++) {
            rd_kafka_message_t *record = records[i];
            if (record->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                left--;
            } else if (record->err) {
                stop("Kafka", rd_kafka_message_errstr(record));
            } else {
                if (begin == 0) begin = now();
                if (!open) { begin_copy(); open = 1; }
                if (row(record, number, moment)) {
                    number++;
                    written++;
                    bytes += (int64_t)record->len;
                    if (used > room) send_rows();
                    if (number % batch == 0) { end_copy(); open = 0; }
                } else {
                    skipped++;
                }
            }
            rd_kafka_message_destroy(record);
        }
    }
    if (open) end_copy();
    printf("{\"records\":%lld,\"skipped\":%lld,\"bytes\":%lld,\"begin\":%.6f,\"end\":%.6f}\n", (long long)written,
           (long long)skipped, (long long)bytes, begin, now());
    free(records);
    rd_kafka_topic_partition_list_destroy(mine);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_destroy(handle);
    rd_kafka_consumer_close(kafka);
    rd_kafka_destroy(kafka);
    PQfinish(database);
    return 0;
}
