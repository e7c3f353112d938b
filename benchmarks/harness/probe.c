// How long from published to visible? Publishes mentions of its own at instants by chance, and looks until SQL shows them.
//
//   probe BROKERS TOPIC DATABASE_URL GROUP A_SECOND SECONDS INTERVAL_MS SEED
//
// A probe's time begins just before it is given to the producer (whose linger it then waits for, as others do) and ends
// when a look at `mention_farm.progress` shows that its record has had its effect: progress and mention are written by
// one transaction. So it is at most one interval too long, never too short. Probes are sent when they are due, whether
// or not earlier ones have been seen (no coordinated omission). Standard output: one line a probe, its microseconds; at
// the end, on standard error, one JSON line {"sent":…,"seen":…,"looks":…}.
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct probe {
    double at;
    int32_t partition;
    int64_t offset; // -1 until Kafka has it
    int seen;
};

static struct probe *probes;
static long failed;

static void stop(const char *what, const char *why) {
    fprintf(stderr, "probe: %s: %s\n", what, why);
    exit(70);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void rest(double seconds) {
    if (seconds <= 0) return;
    struct timespec time = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
    nanosleep(&time, NULL);
}

static uint64_t state;
// SplitMix64 (Steele, Lea, Flood 2014), in (0, 1).
static double chance(void) {
    uint64_t value = (state += 0x9E3779B97F4A7C15u);
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return ((double)((value ^ value >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

static void delivered(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque) {
    (void)kafka;
    (void)opaque;
    struct probe *probe = message->_private;
    if (message->err) {
        failed++;
        probe->seen = 1;
        return;
    }
    probe->partition = message->partition;
    probe->offset = message->offset;
}

static void set(rd_kafka_conf_t *settings, const char *name, const char *value) {
    char why[256];
    if (rd_kafka_conf_set(settings, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) stop(name, why);
}

int main(int count, char **arguments) {
    if (count != 9) stop("usage", "probe BROKERS TOPIC DATABASE_URL GROUP A_SECOND SECONDS INTERVAL_MS SEED");
    const char *topic = arguments[2];
    double rate = atof(arguments[5]), seconds = atof(arguments[6]), interval = atof(arguments[7]) / 1e3;
    state = strtoull(arguments[8], NULL, 10);
    if (rate <= 0 || seconds <= 0 || interval <= 0) stop("usage", "A_SECOND, SECONDS and INTERVAL_MS must be over 0");
    long capacity = (long)(rate * seconds * 2) + 100, sent = 0, first = 0, looks = 0, seen = 0;
    probes = calloc((size_t)capacity, sizeof *probes);
    if (!probes) stop("memory", "none left");

    char why[256];
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    set(settings, "bootstrap.servers", arguments[1]);
    set(settings, "linger.ms", "5");
    rd_kafka_conf_set_dr_msg_cb(settings, delivered);
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, settings, why, sizeof why);
    if (!kafka) stop("Kafka", why);
    // Anywhere, so that all partitions are tried.
    rd_kafka_topic_conf_t *topical = rd_kafka_topic_conf_new();
    rd_kafka_topic_conf_set_partitioner_cb(topical, rd_kafka_msg_partitioner_random);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, topical);

    PGconn *database = PQconnectdb(arguments[3]);
    if (PQstatus(database) != CONNECTION_OK) stop("PostgreSQL", PQerrorMessage(database));
    const char *values[2] = {arguments[4], topic};
    PGresult *prepared = PQprepare(
        database, "look",
        "SELECT partition, next_offset FROM mention_farm.progress WHERE consumer_group = $1 AND topic = $2", 2, NULL);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) stop("PostgreSQL", PQerrorMessage(database));
    PQclear(prepared);
    int64_t *next = NULL;
    int partitions = 0;

    // One run of an hour has one prefix, another run another.
    long long run = (long long)time(NULL);
    double begin = now(), due = begin - log(chance()) / rate, look = begin;
    while (sent < capacity) {
        double at = now();
        int publishing = at - begin < seconds;
        if (!publishing && (first == sent || at - begin > seconds + 120)) break;
        while (publishing && due <= at && sent < capacity) {
            char body[512], date[40];
            time_t today = time(NULL);
            struct tm parts;
            strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&today, &parts));
            int length = snprintf(body, sizeof body,
                                  "{\"id\":\"%lld-%ld\",\"source\":\"probe\",\"text\":\"Looking for probe %016llx, number "
                                  "%ld of this run, published to see how long it takes\",\"author\":{\"id\":\"probe\"},"
                                  "\"lang\":\"en\",\"published_at\":\"%s\"}",
                                  run, sent, (unsigned long long)(chance() * 1.8e19), sent, date);
            struct probe *probe = &probes[sent];
            probe->offset = -1;
            probe->at = now();
            if (rd_kafka_produce(handle, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, body, (size_t)length, NULL, 0, probe))
                stop("Kafka", rd_kafka_err2str(rd_kafka_last_error()));
            sent++;
            due -= log(chance()) / rate;
        }
        rd_kafka_poll(kafka, 0);
        if (at >= look) {
            look = at + interval;
            PGresult *rows = PQexecPrepared(database, "look", 2, values, NULL, NULL, 0);
            if (PQresultStatus(rows) != PGRES_TUPLES_OK) stop("PostgreSQL", PQerrorMessage(database));
            double shown = now();
            looks++;
            for (int row = 0; row < PQntuples(rows); row++) {
                int partition = atoi(PQgetvalue(rows, row, 0));
                if (partition >= partitions) {
                    next = realloc(next, (size_t)(partition + 1) * sizeof *next);
                    if (!next) stop("memory", "none left");
                    while (partitions <= partition) next[partitions++] = 0;
                }
                if (!PQgetisnull(rows, row, 1)) next[partition] = atoll(PQgetvalue(rows, row, 1));
            }
            PQclear(rows);
            for (long number = first; number < sent; number++) {
                struct probe *probe = &probes[number];
                if (probe->seen || probe->offset < 0 || probe->partition >= partitions) continue;
                if (next[probe->partition] <= probe->offset) continue;
                probe->seen = 1;
                seen++;
                printf("%.0f\n", (shown - probe->at) * 1e6);
            }
            while (first < sent && probes[first].seen) first++;
        }
        double wake = publishing && due < look ? due : look;
        rest(wake - now());
    }
    fprintf(stderr, "{\"sent\":%ld,\"seen\":%ld,\"failed\":%ld,\"looks\":%ld}\n", sent, seen, failed, looks);
    PQfinish(database);
    rd_kafka_topic_destroy(handle);
    rd_kafka_destroy(kafka);
    free(next);
    free(probes);
    return seen == sent ? 0 : 70;
}
