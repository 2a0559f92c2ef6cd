#include <string.h>

#include "convolution/shape.h"
#include "isa/int8_table.h"
#include "isa/simd.h"
#include "isa/unroll.h"

// A multiplication and the addition after it are rounded apart, as not every instruction set fuses them.
#pragma STDC FP_CONTRACT OFF

typedef int32_t vi_unaligned __attribute__((ext_vector_type(DENSE_LANES), aligned(4)));

/// Rounded to nearest, ties to even, and brought into 0...255: in the float that is added, a unit is the last bit.
#define ROUND_TO_BYTE(z) \
  ((vi)(__builtin_elementwise_min(__builtin_elementwise_max(z, SPLAT(0.0f)), SPLAT(255.0f)) + SPLAT(0x1.8p23f)) - 0x4b400000)

/// What keeps the compiler from summing up a loop in advance.
#if defined(__x86_64__)
#define KEEP_IN_REGISTER(value) __asm__ volatile("" : "+x"(value))
#else
#define KEEP_IN_REGISTER(value) __asm__ volatile("" : "+m"(value))
#endif

#define DENSE_BODY "int8/convolution.body.h"
#include "isa/foreach_int8_isa.h"

ptrdiff_t dense_int8_scratch(const dense_conv_shape *s) {
  const ptrdiff_t values = (ptrdiff_t)s->images_per_tile * input_rows(s, s->rows_per_tile) * input_columns(s) * s->in_channels;
  return (values * (ptrdiff_t)sizeof(int16_t) + (ptrdiff_t)sizeof(float) - 1) / (ptrdiff_t)sizeof(float) + DENSE_LANES;
}
