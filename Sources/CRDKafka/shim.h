#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// A function with a variable list of arguments can't be called from Swift: this one has one pair of them.
static inline rd_kafka_resp_err_t mention_farm_push_delay(rd_kafka_mock_cluster_t *cluster, int32_t broker_id,
                                                          int16_t api_key, int milliseconds) {
    return rd_kafka_mock_broker_push_request_error_rtts(cluster, broker_id, api_key, 1, RD_KAFKA_RESP_ERR_NO_ERROR,
                                                        milliseconds);
}
