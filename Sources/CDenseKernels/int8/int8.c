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
#define KEEP_IN_REGISTER(value) __asm__ volatile("" : "+v"(value))
#else
#define KEEP_IN_REGISTER(value) __asm__ volatile("" : "+m"(value))
#endif

/// Values of a row of a window, as products take them: DENSE_STEP at a time. What is beyond them meets weights of 0.
ALWAYS_INLINE int int8_length(const dense_conv_shape *s) { return round_up(s->kernel_w * s->in_channels, 4); }

/// Rows of the convolution's output that pooled rows see: from `*first` on.
ALWAYS_INLINE int int8_stem_rows(const dense_stem_shape *s, int row_begin, int row_end, int *first) {
  *first = max_int(0, row_begin * s->pool.stride - s->pool.pad);
  return min_int(s->conv.out_height, (row_end - 1) * s->pool.stride - s->pool.pad + s->pool.kernel) - *first;
}

#define DENSE_BODY "int8/convolution.body.h"
#include "isa/foreach_int8_isa.h"

ptrdiff_t dense_int8_scratch(const dense_conv_shape *s) {
  const ptrdiff_t values = (ptrdiff_t)s->images_per_tile * input_rows(s, s->rows_per_tile) * input_columns(s) * s->in_channels;
  return (values * (ptrdiff_t)sizeof(int16_t) + (ptrdiff_t)sizeof(float) - 1) / (ptrdiff_t)sizeof(float) + DENSE_LANES;
}

ptrdiff_t dense_int8_stem_scratch(const dense_stem_shape *s, int rows) {
  const dense_conv_shape *c = &s->conv;
  const ptrdiff_t line = (ptrdiff_t)input_columns(c) * c->in_channels;
  // Enough for rows that see no border.
  const int seen = (rows - 1) * s->pool.stride + s->pool.kernel;
  const ptrdiff_t operands = input_rows(c, seen) * line * (ptrdiff_t)sizeof(int16_t);
  const ptrdiff_t outputs = (ptrdiff_t)seen * c->out_width * c->out_channels;
  return 2 * line + (operands + outputs) / (ptrdiff_t)sizeof(float) + 3 * DENSE_LANES;
}
