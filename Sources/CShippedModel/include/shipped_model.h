// The trained model as it stands in the program: see model.S.
#pragma once

#include <stddef.h>

extern const unsigned char mention_farm_model_start[];
extern const unsigned char mention_farm_model_end[];

/// The first byte of the model file.
static inline const unsigned char *mention_farm_model(void) { return mention_farm_model_start; }

/// How many bytes it has.
static inline size_t mention_farm_model_size(void) {
    return (size_t)(mention_farm_model_end - mention_farm_model_start);
}
