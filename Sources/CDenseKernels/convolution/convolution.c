// Of fp32 maps; those of bf16 are a file of their own, so that two cores share the work of compiling them.
#include <string.h>

#include "convolution/shape.h"
#include "isa/kernel_table.h"
#include "isa/simd.h"
#include "isa/unroll.h"

#define DENSE_BODY "convolution/convolution.body.h"
#include "isa/foreach_isa.h"

ptrdiff_t dense_conv_scratch(const dense_conv_shape *s, int backward) {
  if (s->winograd) return winograd_scratch(s, backward);
  ptrdiff_t floats = (ptrdiff_t)s->images_per_tile * input_rows(s, s->rows_per_tile) * input_columns(s) * s->in_channels + DENSE_LANES;
  if (backward) {
    const ptrdiff_t pixels = (ptrdiff_t)s->images_per_tile * (s->rows_per_tile + s->kernel_h) * (s->out_width + s->kernel_w);
    floats += pixels * s->out_channels * (is_pointwise(s) ? 2 : 1);
  }
  return floats;
}
